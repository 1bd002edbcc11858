// How far two words are apart, for "did you mean". Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace corsd {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
/// Words over 64 bytes are not compared: the answer is then the longer length, so that hostile input costs nothing.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b) noexcept;

/// The two are near enough for one to be a slip of the other: a third of the longer word, at most 3.
[[nodiscard]] bool is_near(std::string_view a, std::string_view b) noexcept;

}  // namespace corsd
