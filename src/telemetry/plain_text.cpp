#include "telemetry/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/json_text.hpp"

namespace corsd::telemetry {

namespace {

enum class Quoting { none, quoted };

char* write_byte_number(char* out, unsigned char byte) noexcept {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = kHexDigits[byte >> 4U];
    out[3] = kHexDigits[byte & 0x0fU];
    return out + 4;
}

char* write_escaped(char* out, std::string_view text, Quoting quoting) noexcept {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        std::size_t used = utf8_length(text);
        const bool c1 = used == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (used == 0 || byte < 0x20 || byte == 0x7f || c1) {
            used = std::max<std::size_t>(used, 1);
            for (std::size_t index = 0; index < used; ++index) {
                out = write_byte_number(out, static_cast<unsigned char>(text[index]));
            }
        } else {
            if (quoting == Quoting::quoted && (byte == '"' || byte == '\\')) *out++ = '\\';
            std::memcpy(out, text.data(), used);
            out += used;
        }
        text.remove_prefix(used);
    }
    return out;
}

constexpr std::array<bool, 256> kBare = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x21; byte < 0x7f; ++byte)
        table[byte] = byte != '"' && byte != '\\';
    return table;
}();

bool is_bare(char c) noexcept {
    return kBare[static_cast<unsigned char>(c)];
}

}  // namespace

char* write_plain(char* out, std::string_view text) noexcept {
    return write_escaped(out, text, Quoting::none);
}

char* write_word(char* out, std::string_view text) noexcept {
    // Copied while it is looked at: nearly every word is bare.
    std::size_t bare = 0;
    for (; bare < text.size() && is_bare(text[bare]); ++bare)
        out[bare] = text[bare];
    if (bare == text.size() && bare != 0) return out + bare;
    *out++ = '"';
    out = write_escaped(out, text, Quoting::quoted);
    *out++ = '"';
    return out;
}

}  // namespace corsd::telemetry
