#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <optional>
#include <utility>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "cli/indented_json.hpp"
#include "cli/policy_outline.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"

namespace corsd::cli {

namespace {

/// What `--format json` prints; docs/configuration.md describes it.
std::string as_json(const CheckChoice& choice, const config::Loaded& loaded, const config::Snapshot* snapshot) {
    const DiagnosticCounts counts = count_diagnostics(loaded);
    const bool passes = counts.errors == 0 && (counts.warnings == 0 || !choice.strict);
    boost::json::object document{{"file", config::printable(choice.file)},
                                 {"ok", passes},
                                 {"errors", counts.errors},
                                 {"warnings", counts.warnings},
                                 {"diagnostics", diagnostics_as_json(loaded)}};
    if (choice.explain) {
        document["sites"] = snapshot == nullptr ? boost::json::array{} : outline_as_json(*snapshot, loaded.sources);
    }
    return indented_json(document);
}

std::string as_text(const CheckChoice& choice, const config::Loaded& loaded, const config::Snapshot& snapshot) {
    return choice.explain ? outline_as_text(snapshot, loaded.sources) : hosts_as_text(snapshot);
}

}  // namespace

int check(const CheckChoice& choice) {
    config::Loaded loaded = config::load_file(choice.file, config::system_environment());
    const DiagnosticCounts counts = count_diagnostics(loaded);
    const bool refused = !loaded.ok() || (choice.strict && counts.warnings > 0);
    std::optional<config::Snapshot> snapshot;
    if (loaded.ok()) snapshot.emplace(std::move(*loaded.config));

    std::string text;
    if (choice.format == CheckFormat::json) {
        text = as_json(choice, loaded, snapshot ? &*snapshot : nullptr);
    } else if (choice.format == CheckFormat::github) {
        text = diagnostics_as_github(loaded);
    } else {
        print_diagnostics(loaded);
        if (snapshot) text = as_text(choice, loaded, *snapshot);
        if (!refused) text += config::printable(choice.file) + ": ok\n";
        if (refused && loaded.ok()) std::fputs("with --strict a warning is an error\n", stderr);
    }
    // A report that is cut short (a full disk) must not look like a good file.
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (refused) return kBadConfig;
    return written ? kSuccess : kFailure;
}

}  // namespace corsd::cli
