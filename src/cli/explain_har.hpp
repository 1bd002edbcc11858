// The Network tab of a browser, saved as HAR (HTTP Archive 1.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain_case.hpp"
#include "config/snapshot.hpp"

namespace corsd::cli::explained {

struct HarRead {
    std::vector<Case> cases;  // each once, in the order of the file
    std::size_t entries = 0;  // of the file
    std::string problem;      // why it is no HAR file; empty: it is one
};

/// The requests of pages to the sites of this configuration that CORS has to do with: those to another origin than the
/// page's, and handshakes. A preflight and its request are one case.
[[nodiscard]] HarRead read_har(std::string_view text, const config::Snapshot& snapshot);

}  // namespace corsd::cli::explained
