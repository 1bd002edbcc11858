// One obstacle taken away in the text of the configuration.
#pragma once

#include <string>

#include "cli/config_text.hpp"
#include "cli/explain_run.hpp"

namespace corsd::cli::explained {

struct Edited {
    std::string why_not;  // empty: the text was changed
    std::string opens;    // what it allows besides the case; may be empty
    std::string risk;     // may be empty
};

/// Changes the resource that refuses, or what is nearest to it; where it inherits a list, it is given its own.
[[nodiscard]] Edited edit(ConfigText& text, const Obstacle& obstacle);

}  // namespace corsd::cli::explained
