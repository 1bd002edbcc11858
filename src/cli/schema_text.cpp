#include "cli/schema_text.hpp"

#include "cli/schema.hpp"

namespace corsd::cli {

namespace {

using config::Key;
using config::Section;
using config::Type;

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + separator.size());
    }
    return parts;
}

/// A group says nothing that its own keys, a few rows below, do not say.
bool has_row(const Key& key) noexcept {
    return key.support == config::Support::supported && (key.type != Type::group || key.name == "defaults");
}

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string default_cell(const Key& key) {
    if (config::is_required(key)) return "required";
    const std::string_view text = default_text(key);
    return text.empty() ? std::string{} : "`" + std::string(text) + "`";
}

}  // namespace

std::vector<std::string_view> choices_of(const Key& key) {
    return split(key.fallback, " | ");
}

std::vector<std::string_view> items_of(std::string_view list) {
    if (list.starts_with('[')) list.remove_prefix(1);
    if (list.ends_with(']')) list.remove_suffix(1);
    return split(list, ", ");
}

std::string_view default_text(const Key& key) {
    return key.type == Type::choice ? choices_of(key).front() : key.fallback;
}

std::string_view path_of(Section section) noexcept {
    switch (section) {
        case Section::root:
        case Section::policy:
            return "";
        case Section::listener:
            return "listeners[].";
        case Section::upstream:
            return "upstreams.NAME.";
        case Section::keepalive:
            return "upstreams.NAME.keepalive.";
        case Section::queue:
            return "upstreams.NAME.queue.";
        case Section::ejection:
            return "upstreams.NAME.ejection.";
        case Section::retry:
            return "upstreams.NAME.retry.";
        case Section::site:
            return "sites[].";
        case Section::resource:
            return "resources.PATTERN.";
        case Section::limits:
            return "limits.";
        case Section::timeouts:
            return "timeouts.";
        case Section::paths:
            return "paths.";
        case Section::headers:
            return "headers.";
        case Section::log:
            return "log.";
        case Section::access:
            return "log.access.";
        case Section::status:
            return "status.";
    }
    return "";
}

std::string plain_doc(std::string_view doc) {
    std::string out;
    while (!doc.empty()) {
        // A link is [words](target); a bracket in code, such as `[::]:port`, is none.
        const std::size_t target = doc.find("](");
        const std::size_t open = target == std::string_view::npos ? target : doc.rfind('[', target);
        const std::size_t close = target == std::string_view::npos ? target : doc.find(')', target);
        if (open == std::string_view::npos || close == std::string_view::npos) break;
        out += doc.substr(0, open);
        out += doc.substr(open + 1, target - open - 1);
        doc.remove_prefix(close + 1);
    }
    return out.append(doc);
}

std::string schema_as_markdown() {
    std::string out = "| Key | Default | Meaning |\n|---|---|---|\n";
    for (const Section section : kSections) {
        for (const Key& key : config::all_keys()) {
            if (key.section != section || !has_row(key)) continue;
            const std::string_view mark = section == Section::policy ? "*policy:* " : "";
            out += "| " + std::string(mark) + "`" + std::string(path_of(section)) + std::string(key.name) + "` | " +
                   cell(default_cell(key)) + " | " + cell(key.doc) + " |\n";
        }
    }
    return out;
}

}  // namespace corsd::cli
