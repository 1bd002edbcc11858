#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "cli/flask_cors_paths.hpp"
#include "config/document.hpp"
#include "config/load.hpp"

namespace corsd::cli {

namespace {

using namespace flask_cors;

[[nodiscard]] std::optional<Export> read(const std::string& file) {
    const config::Environment environment = config::system_environment();
    config::Loaded loaded;
    config::Report report;
    std::string problem;
    const std::optional<std::string> text = environment.read_file(file, problem);
    loaded.sources.emplace_back(file, text.value_or(""));
    Export found;
    if (!text) {
        report.error("file", {}, "cannot read the export: " + problem);
    } else if (config::check_text(*text, 0, report)) {
        // JSON is YAML (YAML 1.2 section 1.3), and this parser knows where everything stands.
        if (const auto root = config::parse_document(*text, 0, report)) found = read_export(*root, report);
    }
    if (!report.has_errors() && found.resources.empty() &&
        std::none_of(found.routes.begin(), found.routes.end(),
                     [](const Route& route) { return route.cross_origin.has_value(); })) {
        report.error("export-empty", {0, 1, 1, 1},
                     "nothing in this application uses Flask-CORS, as far as the export shows");
    }
    if (!report.has_errors()) return found;
    loaded.diagnostics = report.take();
    print_diagnostics(loaded);
    return std::nullopt;
}

void append(std::string& out, const Lines& lines, std::size_t indent) {
    for (const std::string& line : lines)
        out += std::string(indent, ' ') + line + '\n';
}

[[nodiscard]] Lines share_lines(const Share& share) {
    return share.options ? policy_lines(*share.options, share.methods) : closed_lines(share.methods);
}

void append_resource(std::string& out, const Placed& placed) {
    append(out, placed.comments, 2);
    if (placed.pattern.empty()) return;
    out += "  " + yaml_key(placed.pattern) + ":\n";
    if (placed.shares.size() == 1) return append(out, share_lines(placed.shares.front()), 4);
    for (const Share& share : placed.shares) {
        out += "    -\n";
        append(out, share_lines(share), 6);
    }
}

/// What is so at every place, said once.
[[nodiscard]] Lines preamble(const Export& found, const std::string& file) {
    Lines lines;
    add_comment(lines, "What " + file + " says of Flask-CORS" + (found.version.empty() ? "" : " " + found.version) +
                           ", for corsd.");
    add_comment(
        lines,
        "Different everywhere (docs/migrating-from-flask-cors.md says more): a request that is not admitted is refused "
        "with 403 and does not run; preflights do not reach the application; origins and methods are compared in their "
        "case, and as a whole; under \"*\" the answer says \"*\" instead of the origin; without Origin there are no "
        "grants "
        "(always_send); Vary: Origin is always there. `mode: report-only` under `defaults:` shows in the log what "
        "would change before anything does.");
    return lines;
}

[[nodiscard]] std::string compose(const Export& found, const ImportChoice& choice) {
    std::string out;
    append(out, preamble(found, choice.file), 0);
    out += "listen: " + yaml_value(choice.listen) + "\nupstream: " + yaml_value(choice.upstream) + "\n";
    if (choice.public_origin.empty()) {
        out += "# " + std::string(kDecide) + "what browsers call this application; without it that is guessed.\n";
        out += "# public_origin: https://api.example.com\n";
    } else {
        out += "public_origin: " + yaml_value(choice.public_origin) + "\n";
    }
    out += "resources:\n";
    for (const Placed& placed : place_resources(found))
        append_resource(out, placed);
    for (const std::string& sentence : found.unseen) {
        Lines lines;
        add_comment(lines, "Not in the export: " + sentence + ".");
        append(out, lines, 0);
    }
    return out;
}

[[nodiscard]] std::size_t decisions(const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(kDecide); at != std::string::npos; at = text.find(kDecide, at + kDecide.size()))
        ++count;
    return count;
}

}  // namespace

int import_flask_cors(const ImportChoice& choice) {
    const std::optional<Export> found = read(choice.file);
    if (!found) return kBadConfig;
    const std::string text = compose(*found, choice);
    std::fputs(text.c_str(), stdout);
    if (const std::size_t count = decisions(text); count != 0) {
        std::fprintf(stderr, "corsd import: %zu %s for you to decide: look for \"%.*s\"\n", count,
                     count == 1 ? "place is" : "places are", static_cast<int>(kDecide.size() - 1), kDecide.data());
    }
    // --listen, --upstream and --public-origin are taken as they come; here is where a bad one shows.
    const config::Loaded loaded = config::load_text(text, "(printed)", config::system_environment());
    if (loaded.ok()) return kSuccess;
    print_diagnostics(loaded);
    return kBadConfig;
}

}  // namespace corsd::cli
