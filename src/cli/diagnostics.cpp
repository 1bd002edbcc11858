#include "cli/diagnostics.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace corsd::cli {

void print_diagnostics(const config::Loaded& loaded) {
    std::string text;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics)
        text += config::render(diagnostic, loaded.sources);
    // A file that cannot be read is one diagnostic without a place, and one line.
    if (loaded.diagnostics.empty() || !loaded.diagnostics.front().span.known()) {
        std::fputs(text.c_str(), stderr);
        return;
    }
    const auto errors = std::count_if(loaded.diagnostics.begin(), loaded.diagnostics.end(), [](const auto& diagnostic) {
        return diagnostic.severity == config::Severity::error;
    });
    const auto warnings = static_cast<std::ptrdiff_t>(loaded.diagnostics.size()) - errors;
    const auto count = [](std::ptrdiff_t number, const char* word) {
        return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
    };
    text += count(errors, "error") + ", " + count(warnings, "warning") + "\n";
    std::fputs(text.c_str(), stderr);
}

}  // namespace corsd::cli
