// Environment substitution (C9): after YAML parsing and in values only, so that what is put in can never be syntax.
#pragma once

#include <string>

#include "config/document.hpp"
#include "config/load.hpp"

namespace corsd::config {

/// What every step of a load works with.
struct Context {
    Report& report;
    Sources& sources;
    const Environment& environment;
    std::string folder;  // of the configuration file, with its last slash; empty for the working directory

    /// A path of the file, relative to the configuration.
    [[nodiscard]] std::string resolve(std::string_view path) const {
        return path.empty() || path.front() == '/' ? std::string(path) : folder + std::string(path);
    }
};

/// Refuses control characters (C10) and expands every scalar value of the tree; `written` tells afterwards which bytes
/// the author wrote. A value with a problem becomes broken.
void expand(Node& node, Context& context);

}  // namespace corsd::config
