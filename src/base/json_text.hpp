// Text as a JSON string (RFC 8259 section 7), safe for logs and terminals whatever bytes came from outside. Pure, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace corsd {

/// The most bytes that write_json_string needs for `size` bytes of text: six for each, two quotes, and room for stores
/// of eight bytes that run past the end.
[[nodiscard]] constexpr std::size_t json_string_bound(std::size_t size) noexcept {
    return 6 * size + 2 + 8;
}

/// Writes `text` as a quoted JSON string at `out` and returns the end. The output is ASCII-safe UTF-8: quote and
/// backslash are escaped, and so are C0, DEL and C1 controls; a byte that is not part of well-formed UTF-8 (RFC 3629)
/// becomes \u00XX of that byte. At least json_string_bound(text.size()) bytes must be writable at `out`; bytes past the
/// returned end are clobbered within that bound.
[[nodiscard]] char* write_json_string(char* out, std::string_view text) noexcept;

/// Appends `text` to `out` in the same form. Throws only std::bad_alloc.
void append_json_string(std::string& out, std::string_view text);

/// The length (1 to 4) of the well-formed UTF-8 sequence at the start of `text`, or 0 when there is none (RFC 3629: no
/// overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// True when the eight bytes of `word` are all printable ASCII and neither quote nor backslash.
[[nodiscard]] constexpr bool eight_plain_bytes(std::uint64_t word) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHigh = 0x8080808080808080U;
    // The classic "has a zero byte" test, on the word combined with each byte looked for; exact while no high bit is
    // set, and a set high bit is itself an answer.
    const auto has = [](std::uint64_t value, std::uint64_t byte) {
        const std::uint64_t mixed = value ^ (kOnes * byte);
        return (mixed - kOnes) & ~mixed;
    };
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
    return ((word | below_space | has(word, '"') | has(word, '\\') | has(word, 0x7f)) & kHigh) == 0;
}

}  // namespace corsd
