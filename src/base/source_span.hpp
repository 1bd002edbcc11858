// Where something stands in a configuration file, so that a verdict, a log line or a diagnostic can point at it.
#pragma once

#include <cstdint>

namespace corsd {

/// A place in one of the sources of a configuration. Lines and columns count from 1, columns in bytes; line 0 means
/// "nowhere" (a default, or a policy made from the command line). `file` indexes the list of sources kept beside the
/// configuration.
struct SourceSpan {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t length = 0;

    [[nodiscard]] constexpr bool known() const noexcept { return line != 0; }
    friend constexpr bool operator==(const SourceSpan&, const SourceSpan&) = default;
};

}  // namespace corsd
