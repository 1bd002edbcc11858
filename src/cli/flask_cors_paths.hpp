// Which resources of corsd stand for the resources, blueprints and decorated routes of a Flask application.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/flask_cors_export.hpp"
#include "cli/flask_cors_policy.hpp"

namespace corsd::cli::flask_cors {

/// The policy of some methods of a path; without options Flask-CORS said nothing there, and no origin is admitted.
struct Share {
    std::vector<std::string> methods;  // empty: those of the options
    std::optional<Options> options;
};

/// One key below `resources:`.
struct Placed {
    std::string pattern;  // empty: nothing but comments
    Lines comments;
    const Route* route = nullptr;  // of the export, when it stands for a route and not for CORS(app)
    std::vector<Share> shares;     // several: a list of entries (C7)
};

/// In the order in which Flask-CORS would have tried them, as far as corsd's precedence (C5) does not decide.
[[nodiscard]] std::vector<Placed> place_resources(const Export& found);

}  // namespace corsd::cli::flask_cors
