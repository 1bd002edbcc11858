// The canonical path (N48): one spelling that is judged and forwarded alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace corsd::route {

enum class EncodedSlash : std::uint8_t { refuse, keep };
enum class DoubleSlashes : std::uint8_t { keep, merge, refuse };
enum class PathParameters : std::uint8_t { keep, refuse };

/// `paths:` of a configuration.
struct PathRules {
    EncodedSlash encoded_slash = EncodedSlash::refuse;
    DoubleSlashes double_slashes = DoubleSlashes::keep;
    PathParameters parameters = PathParameters::keep;
};

/// Why a path is refused (400 path_ambiguous). `none` means it was canonicalised.
enum class PathProblem : std::uint8_t {
    none,
    not_absolute,  // does not start with '/'
    encoded_nul,
    encoded_slash,
    encoded_backslash,
    backslash,
    bad_escape,
    above_root,
    double_slashes,
    parameters,
};

/// The sentence for the problem's `detail` member. Static.
[[nodiscard]] std::string_view describe(PathProblem problem) noexcept;

/// The canonical form of `raw` (a path without query). When `raw` is canonical already, `out` is `raw` itself and
/// nothing is copied; else `out` views `storage`, which is overwritten and keeps its capacity. Linear in the length.
/// RFC 3986 sections 5.2.4 and 6.2.2.2.
[[nodiscard]] PathProblem canonical_path(std::string_view raw, const PathRules& rules, std::string& storage,
                                         std::string_view& out);

}  // namespace corsd::route
