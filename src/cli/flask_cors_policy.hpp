// The options of Flask-CORS at one place as policy keys of corsd, with comments where the two differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/flask_cors_export.hpp"

namespace corsd::cli::flask_cors {

/// What starts a comment that asks its reader for a decision.
inline constexpr std::string_view kDecide = "decide: ";

/// YAML lines without indentation and without line ends.
using Lines = std::vector<std::string>;

/// A value, quoted only when it has to be; a dollar is written so that it stays one (C9).
[[nodiscard]] std::string yaml_value(std::string_view text);
/// A key: nothing is substituted there.
[[nodiscard]] std::string yaml_key(std::string_view text);

/// A comment of several lines where it is long.
void add_comment(Lines& lines, std::string_view text);

/// `methods` in the order that people write them, without OPTIONS.
[[nodiscard]] std::vector<std::string> listed_methods(const std::vector<std::string>& methods);

/// The policy; `methods` in place of the options' own when not empty (one entry of several, C7).
[[nodiscard]] Lines policy_lines(const Options& options, const std::vector<std::string>& methods = {});

/// Where Flask-CORS had no say: no origin is admitted.
[[nodiscard]] Lines closed_lines(const std::vector<std::string>& methods);

}  // namespace corsd::cli::flask_cors
