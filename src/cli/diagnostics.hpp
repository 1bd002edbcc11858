// Diagnostics for people, for programs, and for GitHub Actions.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>

#include "config/load.hpp"

namespace corsd::cli {

struct DiagnosticCounts {
    std::size_t errors = 0, warnings = 0;
};
[[nodiscard]] DiagnosticCounts count_diagnostics(const config::Loaded& loaded);

/// Prints all diagnostics of a load to standard error, and a line that counts them when there are any.
void print_diagnostics(const config::Loaded& loaded);

/// A list of {file, line, column, end_line, end_column, severity, code, message, fix, related}, in the order of the
/// text. Lines and columns count from 1, columns in bytes; the end is behind the last byte. What there is none of is
/// null, the place of a file that cannot be read among them; `related` is {file, line, column, end_line, end_column,
/// message}.
[[nodiscard]] boost::json::array diagnostics_as_json(const config::Loaded& loaded);

/// Workflow commands, a line each: `::error file=…,line=…,col=…,endColumn=…,title=…::message`, with the fix and the
/// related place behind the message. GitHub shows ten of a kind for a step.
[[nodiscard]] std::string diagnostics_as_github(const config::Loaded& loaded);

}  // namespace corsd::cli
