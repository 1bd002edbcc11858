// Text for log lines that people read: one line stays one line, and no byte from outside reaches the terminal as a
// control.
#pragma once

#include <cstddef>
#include <string_view>

namespace corsd::telemetry {

/// The most bytes that the two functions below write for `size` bytes of text.
[[nodiscard]] constexpr std::size_t plain_text_bound(std::size_t size) noexcept {
    return 4 * size + 2 + 8;
}

/// Writes `text` at `out` and returns the end: controls (C0, DEL, C1) and bytes that are not UTF-8 become \xNN of the
/// byte.
[[nodiscard]] char* write_plain(char* out, std::string_view text) noexcept;

/// The same as one word: in quotes, with quote and backslash escaped, unless it is printable ASCII without space,
/// quote and backslash. An empty text is `""`.
[[nodiscard]] char* write_word(char* out, std::string_view text) noexcept;

}  // namespace corsd::telemetry
