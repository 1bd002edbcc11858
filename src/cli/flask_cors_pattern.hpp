// A path of Flask, or an expression of Flask-CORS for paths, as a path pattern of corsd (C4).
#pragma once

#include <string>
#include <string_view>

#include "cli/flask_cors_export.hpp"
#include "cli/flask_cors_policy.hpp"

namespace corsd::cli::flask_cors {

struct Translated {
    std::string pattern;  // empty: there is none
    Lines comments;
};

/// A pattern of CORS(resources=…).
[[nodiscard]] Translated translate(const Pattern& pattern);
/// A route; an argument that ends it becomes /*, which takes in all that is below.
[[nodiscard]] std::string pattern_of(const Route& route);
/// A path that the route serves.
[[nodiscard]] std::string sample_of(const Route& route);
/// The same paths as /prefix/*, as an expression: for where the order of the file has to count.
[[nodiscard]] std::string as_expression(const std::string& glob);

/// Is there a | that the expression's anchors do not reach across?
[[nodiscard]] bool has_alternatives(std::string_view expression);

/// Would Flask-CORS have used the pattern for this path?
[[nodiscard]] bool flask_matches(const Pattern& pattern, const std::string& path);
/// Does corsd? False also for what is no pattern.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& path);

}  // namespace corsd::cli::flask_cors
