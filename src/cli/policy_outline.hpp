// What a configuration comes to (`corsd check --explain`): the hosts of each site, the order in which its resources are
// tried, and each one's effective policy with the places that its values come from. Read off the tables that serve
// requests. Pure, any thread.
#pragma once

#include <string>

#include "cli/indented_json.hpp"
#include "config/diagnostic.hpp"
#include "config/snapshot.hpp"

namespace corsd::cli {

/// A line a site: which hosts it answers (N0).
[[nodiscard]] std::string hosts_as_text(const config::Snapshot& snapshot);

/// Everything, for people. Policies are shown as YAML that could stand in the file, each value with its place as a
/// comment; of a list of more than ten elements the first ten.
[[nodiscard]] std::string outline_as_text(const config::Snapshot& snapshot, const config::Sources& sources);

/// The same as data: a list with an object a site; of a list of more than a hundred elements the first hundred, and how
/// many were left out. docs/configuration.md describes it. In memory is one resource at a time.
void write_outline(IndentedJson& out, const config::Snapshot& snapshot, const config::Sources& sources);

}  // namespace corsd::cli
