#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace corsd {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// True for bytes that stand for themselves in a JSON string.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7f; ++byte)
        table[byte] = byte != '"' && byte != '\\';
    return table;
}();

constexpr bool is_continuation(unsigned char byte) noexcept {
    return (byte & 0xc0U) == 0x80U;
}

char* write_escape(char* out, unsigned char byte) noexcept {
    *out++ = '\\';
    switch (byte) {
        case '"':
        case '\\':
            *out++ = static_cast<char>(byte);
            return out;
        case '\b':
            *out++ = 'b';
            return out;
        case '\f':
            *out++ = 'f';
            return out;
        case '\n':
            *out++ = 'n';
            return out;
        case '\r':
            *out++ = 'r';
            return out;
        case '\t':
            *out++ = 't';
            return out;
        default:
            break;
    }
    out = std::copy_n("u00", 3, out);
    out[0] = kHexDigits[byte >> 4U];
    out[1] = kHexDigits[byte & 0x0fU];
    return out + 2;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.size() < length) return 0;
    for (std::size_t index = 1; index < length; ++index) {
        if (!is_continuation(at(index))) return 0;
    }
    // RFC 3629 section 4: the second byte is narrower after these four first bytes.
    const unsigned char second = at(1);
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    if (first == 0xf0 && second < 0x90) return 0;
    if (first == 0xf4 && second > 0x8f) return 0;
    return length;
}

namespace {

/// Everything that is not a run of plain bytes: writes what `text` starts with and moves past it.
char* write_one(char* out, std::string_view& text) noexcept {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t used = 1;
    if (kPlain[byte]) {
        *out++ = static_cast<char>(byte);
    } else if (byte < 0x80) {
        out = write_escape(out, byte);
    } else if (used = utf8_length(text); used == 0) {
        out = write_escape(out, byte);
        used = 1;
    } else if (byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
        out = write_escape(out, static_cast<unsigned char>(text[1]));  // C1: U+0080 to U+009F
    } else {
        std::memcpy(out, text.data(), used);
        out += used;
    }
    text.remove_prefix(used);
    return out;
}

template <typename Word>
Word load(const char* from) noexcept {
    Word word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// Copies a text of 4 to 7 plain bytes as two words that overlap; false when one of them is not plain.
bool copy_short(char* out, std::string_view text) noexcept {
    const auto front = load<std::uint32_t>(text.data());
    const auto back = load<std::uint32_t>(text.data() + text.size() - 4);
    if (!eight_plain_bytes(front | std::uint64_t{back} << 32U)) return false;
    std::memcpy(out, &front, 4);
    std::memcpy(out + text.size() - 4, &back, 4);
    return true;
}

}  // namespace

char* write_json_string(char* out, std::string_view text) noexcept {
    *out++ = '"';
    const std::size_t size = text.size();
    while (text.size() >= 8) {
        const auto word = load<std::uint64_t>(text.data());
        if (eight_plain_bytes(word)) {
            std::memcpy(out, &word, 8);
            out += 8;
            text.remove_prefix(8);
        } else {
            out = write_one(out, text);
        }
    }
    if (!text.empty() && size >= 8) {
        // The last eight bytes once more: those of them that are written already are plain, and stand where they stood.
        const std::size_t again = 8 - text.size();
        const auto word = load<std::uint64_t>(text.data() - again);
        if (eight_plain_bytes(word)) {
            std::memcpy(out - again, &word, 8);
            out += text.size();
            text = {};
        }
    } else if (text.size() >= 4 && copy_short(out, text)) {
        out += text.size();
        text = {};
    }
    while (!text.empty())
        out = write_one(out, text);
    *out++ = '"';
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out.resize(start + json_string_bound(text.size()));
    const char* const end = write_json_string(out.data() + start, text);
    out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace corsd
