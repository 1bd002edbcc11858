// The smallest change of the file that lets a case pass: found by changing the text, loading it, and asking again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/config_text.hpp"
#include "cli/explain_run.hpp"
#include "config/load.hpp"

namespace corsd::cli::explained {

struct Change {
    std::string text;  // the whole file with it
    std::string yaml;  // the changed lines under their keys, to paste
    std::vector<ChangedLine> lines;
    std::vector<std::string> opens;  // what else it allows, inevitably
    std::vector<std::string> risks;
};

struct ChangeFound {
    std::optional<Change> change;
    std::string why_not;  // a sentence, when there is none
};

/// The file as it was loaded.
struct ConfigFile {
    std::string text, name;
    config::Environment environment;
};

/// For a case that is not allowed. Offered is only what the loader accepts without an error and what makes decide admit
/// the case; never what would be unsafe: that the loader refuses, too.
[[nodiscard]] ChangeFound smallest_change(const Case& asked, const ConfigFile& file);

}  // namespace corsd::cli::explained
