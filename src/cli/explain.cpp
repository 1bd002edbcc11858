#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "cli/explain_case.hpp"
#include "cli/explain_curl.hpp"
#include "cli/explain_har.hpp"
#include "cli/explain_story.hpp"
#include "cli/standard_output.hpp"
#include "config/load.hpp"

namespace corsd::cli {

namespace {

using namespace explained;

[[nodiscard]] int misused(const std::string& sentence) {
    std::fprintf(stderr, "corsd explain: %s\n", sentence.c_str());
    return kUsage;
}

[[nodiscard]] Wanted wanted_of(const ExplainChoice& choice) {
    Wanted wanted;
    wanted.url = choice.url;
    wanted.origin = choice.origin;
    wanted.method = choice.method;
    wanted.headers = choice.headers;
    wanted.credentials = credentials_mode(choice.credentials);
    if (choice.websocket) wanted.sender = Sender::websocket;
    return wanted;
}

/// What the options ask about, or why that cannot be said.
struct CasesRead {
    std::vector<Case> cases;
    std::string problem;
    std::string summary;  // of a HAR file
};

[[nodiscard]] CasesRead single(CaseRead read) {
    CasesRead result;
    result.problem = std::move(read.problem);
    if (read.found) result.cases.push_back(std::move(*read.found));
    return result;
}

[[nodiscard]] CasesRead from_curl(const ExplainChoice& choice, const config::Config& config) {
    CurlRead read = read_curl(choice.curl);
    if (!read.wanted) return {{}, read.problem, {}};
    const Wanted given = wanted_of(choice);
    read.wanted->origin = given.origin;
    read.wanted->credentials = given.credentials;
    if (given.sender == Sender::websocket) read.wanted->sender = Sender::websocket;
    CasesRead result = single(case_seen(std::move(*read.wanted), config));
    for (Case& one : result.cases)
        one.notes.insert(one.notes.begin(), read.notes.begin(), read.notes.end());
    return result;
}

/// Such files hold whole pages: they are larger than any configuration.
[[nodiscard]] std::optional<std::string> read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return std::nullopt;
    return text;
}

[[nodiscard]] CasesRead from_har(const std::string& path, const config::Snapshot& snapshot) {
    const auto text = read_whole(path);
    if (!text) return {{}, path + " cannot be read", {}};
    HarRead read = read_har(*text, snapshot);
    CasesRead result;
    if (!read.problem.empty()) {
        result.problem = path + ": " + read.problem;
        return result;
    }
    result.cases = std::move(read.cases);
    result.summary = path + ": " + std::to_string(read.entries) + " entries, " + std::to_string(result.cases.size()) +
                     " different requests that CORS has to do with here\n";
    return result;
}

[[nodiscard]] CasesRead cases_of(const ExplainChoice& choice, const config::Snapshot& snapshot) {
    if (!choice.har.empty()) return from_har(choice.har, snapshot);
    if (!choice.curl.empty()) return from_curl(choice, snapshot.config());
    if (choice.url.empty()) return {{}, "give a URL or a path, or --curl, or --har", {}};
    return single(case_of(wanted_of(choice), snapshot.config()));
}

}  // namespace

int explain(const ExplainChoice& choice) {
    ConfigFile file{{}, choice.file, config::system_environment()};
    config::Loaded loaded = config::load_file(choice.file, file.environment);
    if (!loaded.ok()) {
        print_diagnostics(loaded);
        return kBadConfig;
    }
    file.text = loaded.sources.front().text();
    const config::Snapshot snapshot(std::move(*loaded.config));
    CasesRead read = cases_of(choice, snapshot);
    if (!read.problem.empty()) return misused(read.problem);
    std::vector<Explanation> stories;
    for (Case& one : read.cases)
        stories.push_back(explain_case(std::move(one), snapshot, file));
    std::string text = choice.format == ExplainFormat::json ? "" : read.summary;
    if (choice.format == ExplainFormat::json) {
        text = choice.har.empty() ? explanation_json(stories.front(), loaded.sources)
                                  : explanations_json(stories, loaded.sources);
    } else {
        for (const Explanation& story : stories)
            text += (text.empty() ? "" : "\n\n") + explanation_text(story, loaded.sources);
    }
    if (!print(text)) return kFailure;
    const bool allowed = std::all_of(stories.begin(), stories.end(),
                                     [](const Explanation& story) { return story.run.outcome == Outcome::allowed; });
    return allowed ? kSuccess : kFailure;
}

}  // namespace corsd::cli
