#include "cli/explain_change.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/explain_edit.hpp"

namespace corsd::cli::explained {

namespace {

/// As many as a request can have problems (128 headers, a method, an origin, credentials, a host).
constexpr std::size_t kMostEdits = 140;

using Warnings = std::set<std::string>;

[[nodiscard]] Warnings warnings_of(const config::Loaded& loaded) {
    Warnings all;
    for (const config::Diagnostic& one : loaded.diagnostics)
        all.insert(one.code + ": " + one.message);
    return all;
}

[[nodiscard]] std::string first_error(const config::Loaded& loaded) {
    for (const config::Diagnostic& one : loaded.diagnostics) {
        if (one.severity != config::Severity::error) continue;
        return "corsd would refuse to start with it: error[" + one.code + "]: " + one.message +
               (one.fix.empty() ? "" : "; " + one.fix);
    }
    return "corsd would refuse to start with it";
}

void add_once(std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

void finish(Change& change, const ConfigText& text, const Warnings& added) {
    change.text = text.text();
    change.yaml = text.changed_yaml();
    change.lines = text.changed_lines();
    for (const std::string& warning : added)
        add_once(change.risks, "corsd check then warns: " + warning);
}

}  // namespace

ChangeFound smallest_change(const Case& asked, const ConfigFile& file) {
    ConfigText text(file.text);
    Change change;
    Warnings before;
    for (std::size_t edits = 0; edits <= kMostEdits; ++edits) {
        config::Loaded loaded = config::load_text(text.text(), file.name, file.environment);
        if (!loaded.ok()) return {std::nullopt, first_error(loaded)};
        Warnings now = warnings_of(loaded);
        if (edits == 0) before = now;
        const config::Snapshot snapshot(std::move(*loaded.config));
        const Run attempt = run(asked, Court(snapshot));
        const auto obstacle = first_obstacle(attempt);
        if (!obstacle && attempt.outcome == Outcome::allowed && edits > 0) {
            Warnings added;
            std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                                std::inserter(added, added.end()));
            finish(change, text, added);
            return {std::move(change), {}};
        }
        if (!obstacle) break;
        const Edited edited = edit(text, *obstacle);
        if (!edited.why_not.empty()) return {std::nullopt, edited.why_not};
        add_once(change.opens, edited.opens);
        add_once(change.risks, edited.risk);
    }
    return {std::nullopt, "it is not for the file to allow"};
}

}  // namespace corsd::cli::explained
