// Diagnostics on a terminal.
#pragma once

#include "config/load.hpp"

namespace corsd::cli {

/// Prints all diagnostics of a load to standard error, and a line that counts them when there are any.
void print_diagnostics(const config::Loaded& loaded);

}  // namespace corsd::cli
