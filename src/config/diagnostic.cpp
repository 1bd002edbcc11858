#include "config/diagnostic.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/json_text.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kMaxShown = 160;  // bytes of a source line around the caret

bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

std::size_t columns(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

void append_place(std::string& out, const SourceSpan& span, const Sources& sources) {
    if (span.file < sources.size()) out += printable(sources[span.file].name());
    if (span.known()) out += ':' + std::to_string(span.line) + ':' + std::to_string(span.column);
}

void append_head(std::string& out, const Diagnostic& diagnostic, const Sources& sources) {
    append_place(out, diagnostic.span, sources);
    out += diagnostic.severity == Severity::error ? ": error[" : ": warning[";
    out += diagnostic.code + "]: " + printable(diagnostic.message);
}

void append_line(std::string& out, const SourceSpan& span, const Sources& sources) {
    if (!span.known() || span.file >= sources.size()) return;
    std::string_view line = sources[span.file].line(span.line);
    std::size_t start = std::min<std::size_t>(span.column == 0 ? 0 : span.column - 1, line.size());
    if (line.size() > kMaxShown) {
        std::size_t cut = start > kMaxShown / 2 ? start - kMaxShown / 2 : 0;
        while (cut > 0 && continues(line[cut]))
            --cut;
        line.remove_prefix(cut);
        start -= cut;
        std::size_t end = std::min(line.size(), kMaxShown);
        while (end < line.size() && continues(line[end]))
            ++end;
        line = line.substr(0, end);
    }
    const std::string number = std::to_string(span.line);
    const std::string gutter(std::max<std::size_t>(number.size(), 4) + 1, ' ');
    const std::size_t width = columns(line.substr(start, span.length));
    out += std::string(gutter.size() - 1 - number.size(), ' ') + ' ' + number + " | " + printable(line) + '\n';
    out += gutter + " | " + std::string(columns(line.substr(0, start)), ' ') + '^';
    out += std::string(width > 1 ? width - 1 : 0, '~') + '\n';
}

}  // namespace

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
    starts_.push_back(0);
    for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', end + 1))
        starts_.push_back(end + 1);
}

std::string_view Source::line(std::uint32_t number) const noexcept {
    if (number == 0 || number > starts_.size()) return {};
    const std::size_t start = starts_[number - 1];
    const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
    std::string_view line = std::string_view(text_).substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = utf8_length(text);
        const bool c1 = length == 2 && c == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
        if (length == 0 || c1 || ascii::is_control(c)) {
            out += c == '\t' ? ' ' : '?';
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string render_line(const Diagnostic& diagnostic, const Sources& sources) {
    std::string out;
    append_head(out, diagnostic, sources);
    if (!diagnostic.fix.empty()) out += "; fix: " + printable(diagnostic.fix);
    if (diagnostic.related.known()) {
        out += "; ";
        append_place(out, diagnostic.related, sources);
        out += ": " + printable(diagnostic.related_message);
    }
    return out;
}

std::string render(const Diagnostic& diagnostic, const Sources& sources) {
    std::string out;
    append_head(out, diagnostic, sources);
    out += '\n';
    append_line(out, diagnostic.span, sources);
    if (!diagnostic.fix.empty()) out += "      = fix: " + printable(diagnostic.fix) + '\n';
    if (diagnostic.related.known()) {
        append_place(out, diagnostic.related, sources);
        out += ": note: " + printable(diagnostic.related_message) + '\n';
        append_line(out, diagnostic.related, sources);
    }
    return out;
}

}  // namespace corsd::config
