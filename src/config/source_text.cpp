// Bytes that no configuration or list may hold; yaml-cpp takes them without a word (C10).
#include "base/ascii.hpp"
#include "base/json_text.hpp"
#include "config/document.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kMaxReported = 20;  // a binary file is not worth a line a byte

std::string hex_byte(unsigned char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 0x0fU]};
}

/// U+0080 to U+009F; NEL among them, which YAML takes for a line break.
bool is_c1(std::string_view text) noexcept {
    return static_cast<unsigned char>(text[0]) == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
}

}  // namespace

bool check_text(std::string_view text, std::uint32_t file, Report& report) {
    if (text.size() > kMaxDocumentBytes) {
        report.error("file-too-large", {file, 0, 0, 0}, "the file is larger than 16 MiB");
        return false;
    }
    SourceSpan place{file, 1, 1, 1};
    std::size_t bad = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const char c = rest.front();
        const std::size_t length = utf8_length(rest);
        if (length == 0) {
            report.error("bad-utf8", place,
                         "byte " + hex_byte(static_cast<unsigned char>(c)) + " is not part of valid UTF-8");
            return false;  // what follows is guesswork
        }
        const bool line_end = c == '\n' || (c == '\r' && rest.size() > 1 && rest[1] == '\n');
        if ((ascii::is_control(c) && c != '\t' && !line_end) || (length == 2 && is_c1(rest))) {
            report.error("control-character", place,
                         "control character " + hex_byte(static_cast<unsigned char>(length == 2 ? rest[1] : c)) +
                             " is not allowed in a configuration");
            if (++bad == kMaxReported) return false;
        }
        if (c == '\n') {
            ++place.line;
            place.column = 1;
        } else {
            place.column += static_cast<std::uint32_t>(length);
        }
        rest.remove_prefix(length);
    }
    return bad == 0;
}

}  // namespace corsd::config
