// The command line: argv in, exit code out.
#pragma once

namespace corsd::cli {

/// 0 success, 1 a failure at run time (busy port …), 2 wrong usage, 3 a configuration with errors.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace corsd::cli
