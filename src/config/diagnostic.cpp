#include "config/diagnostic.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/json_text.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kMaxShown = 160;  // bytes of a source line around the caret

bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

std::string_view line_of(std::string_view text, std::uint32_t number) noexcept {
    for (std::uint32_t line = 1; line < number; ++line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
}

/// What a terminal may be shown: controls and bytes that are no UTF-8 become '?'. One column stays one column.
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

std::size_t columns(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

void append_place(std::string& out, const SourceSpan& span, const Sources& sources) {
    if (span.file < sources.size()) out += printable(sources[span.file].name);
    if (span.known()) out += ':' + std::to_string(span.line) + ':' + std::to_string(span.column);
}

void append_head(std::string& out, const Diagnostic& diagnostic, const Sources& sources) {
    append_place(out, diagnostic.span, sources);
    out += diagnostic.severity == Severity::error ? ": error[" : ": warning[";
    out += diagnostic.code + "]: " + printable(diagnostic.message);
}

void append_line(std::string& out, const SourceSpan& span, const Sources& sources) {
    if (!span.known() || span.file >= sources.size()) return;
    std::string_view line = line_of(sources[span.file].text, span.line);
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
