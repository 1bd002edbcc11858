// What a command says on standard output.
#pragma once

#include <string_view>

namespace corsd::cli {

/// Writes `text` and flushes. False when any of it was lost (a full disk, a pipe without a reader): what was cut short
/// must not end as a success. One thread.
[[nodiscard]] bool print(std::string_view text) noexcept;

}  // namespace corsd::cli
