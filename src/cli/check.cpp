#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <optional>
#include <utility>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "cli/indented_json.hpp"
#include "cli/policy_outline.hpp"
#include "cli/standard_output.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"

namespace corsd::cli {

namespace {

/// What `--format json` prints; docs/configuration.md describes it. False when any of it was lost.
bool print_as_json(const CheckChoice& choice, const config::Loaded& loaded, const config::Snapshot* snapshot) {
    const DiagnosticCounts counts = count_diagnostics(loaded);
    bool printed = true;
    IndentedJson out([&](std::string_view piece) { printed = print(piece) && printed; });
    out.open_object();
    out.member("file", boost::json::value(config::printable(choice.file)));
    out.member("ok", counts.errors == 0 && (counts.warnings == 0 || !choice.strict));
    out.member("errors", counts.errors);
    out.member("warnings", counts.warnings);
    out.member("diagnostics", diagnostics_as_json(loaded));
    if (choice.explain) {
        out.name("sites");
        if (snapshot == nullptr) {
            out.put(boost::json::array{});
        } else {
            write_outline(out, *snapshot, loaded.sources);
        }
    }
    out.close();
    return printed;
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

    bool written = false;
    if (choice.format == CheckFormat::json) {
        written = print_as_json(choice, loaded, snapshot ? &*snapshot : nullptr);
    } else if (choice.format == CheckFormat::github) {
        written = print(diagnostics_as_github(loaded));
    } else {
        print_diagnostics(loaded);
        std::string text = snapshot ? as_text(choice, loaded, *snapshot) : "";
        if (!refused) text += config::printable(choice.file) + ": ok\n";
        if (refused && loaded.ok()) std::fputs("with --strict a warning is an error\n", stderr);
        written = print(text);
    }
    if (refused) return kBadConfig;
    return written ? kSuccess : kFailure;
}

}  // namespace corsd::cli
