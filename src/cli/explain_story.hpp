// A case explained: everything that `corsd explain` prints, before it is text or JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/config_text.hpp"
#include "cli/explain_change.hpp"
#include "cli/explain_run.hpp"

namespace corsd::cli::explained {

/// One step of a decision, and the line of the file that it went by.
struct Step {
    std::string name;  // "site", "path", "entry", "caller", "origin", "method", "headers", "mode", "decision"
    std::string text;
    SourceSpan place;
};

struct Sending {
    std::string kind;  // "simple", "preflighted", "same-origin", "websocket", "program", "nothing"
    std::vector<std::string> sentences;
};

struct Explanation {
    Case asked;
    Run run;
    Sending sending;
    std::vector<std::vector<Step>> steps;  // of each of run.hearings
    std::vector<Problem> problems;
    std::string verdict;               // a sentence
    std::vector<std::string> console;  // Chromium's
    ChangeFound change;
};

/// `snapshot` is the file's.
[[nodiscard]] Explanation explain_case(Case asked, const config::Snapshot& snapshot, const ConfigFile& file);

// Its parts.
[[nodiscard]] Sending sending_of(const Case& asked, const Run& run);
[[nodiscard]] std::vector<Step> steps_of(const Hearing& hearing, const ConfigText& text);
[[nodiscard]] std::vector<std::string> console_of(const Case& asked, const Run& run);

/// For people: seven sections. Line ends are line feeds.
[[nodiscard]] std::string explanation_text(const Explanation& story, const config::Sources& sources);
/// The same as JSON: an object, or a list of them.
[[nodiscard]] std::string explanation_json(const Explanation& story, const config::Sources& sources);
[[nodiscard]] std::string explanations_json(const std::vector<Explanation>& stories, const config::Sources& sources);

}  // namespace corsd::cli::explained
