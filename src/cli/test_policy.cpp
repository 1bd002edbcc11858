// `corsd test`: cases of the users' own, judged by the configuration.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "cli/explain_run.hpp"
#include "cli/junit.hpp"
#include "cli/policy_cases.hpp"
#include "cli/standard_output.hpp"
#include "config/load.hpp"

namespace corsd::cli {

namespace {

using namespace explained;

[[nodiscard]] std::string at(const SourceSpan& place, const config::Sources& sources) {
    if (!place.known() || place.file >= sources.size()) return {};
    return sources[place.file].name() + ":" + std::to_string(place.line);
}

[[nodiscard]] std::string words_of(Expected expected, const std::string& reason) {
    if (expected == Expected::allowed) return "allowed";
    return "refused" + (reason.empty() ? "" : ": " + reason);
}

/// As `corsd explain` would judge it: what report-only lets pass is refused all the same.
[[nodiscard]] TestResult judge(const PolicyCase& one, const config::Snapshot& snapshot,
                               const config::Sources& sources) {
    const Run seen = run(one.asked, Court(snapshot));
    const Expected got = seen.outcome == Outcome::allowed ? Expected::allowed : Expected::refused;
    std::vector<Problem> problems;
    if (got == Expected::refused) problems = all_problems(one.asked, snapshot);
    const std::string reason = problems.empty() ? "" : problems.front().name;

    TestResult result;
    result.name = one.title;
    result.line = one.place.line;
    result.passed = got == one.expected && (one.reason.empty() || one.reason == reason);
    result.outcome = words_of(got, reason);
    if (result.passed) return result;
    result.failure = "expected " + words_of(one.expected, one.reason) + ", but it is " + result.outcome;
    for (const Problem& problem : problems) {
        const std::string place = at(problem.place, sources);
        result.details.push_back(problem.text + (place.empty() ? "" : " (" + place + ")"));
        if (!problem.hint.empty()) result.details.push_back(problem.hint);
    }
    return result;
}

[[nodiscard]] std::string as_text(const std::vector<TestResult>& results, const std::string& file) {
    std::string out;
    for (const TestResult& one : results) {
        out += one.passed ? "ok    " : "FAIL  ";
        out += file + ":" + std::to_string(one.line) + ": " + one.name + ": " +
               (one.passed ? one.outcome : one.failure) + "\n";
        for (const std::string& line : one.details)
            out.append("      ").append(line).append("\n");
    }
    const auto failed =
        std::count_if(results.begin(), results.end(), [](const TestResult& one) { return !one.passed; });
    return out + std::to_string(results.size()) + (results.size() == 1 ? " case, " : " cases, ") +
           (failed == 0 ? "all as expected" : std::to_string(failed) + " not as expected") + "\n";
}

/// False when the file could not be written whole.
[[nodiscard]] bool write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    return !file.fail();
}

}  // namespace

int test_policy(const TestChoice& choice) {
    const config::Environment environment = config::system_environment();
    config::Loaded loaded = config::load_file(choice.file, environment);
    if (!loaded.ok()) {
        print_diagnostics(loaded);
        return kBadConfig;
    }
    const config::Snapshot snapshot(std::move(*loaded.config));
    PolicyCases read = read_policy_cases(choice.cases, environment, snapshot.config());
    if (!read.diagnostics.empty()) {
        print_diagnostics({std::nullopt, std::move(read.diagnostics), std::move(read.sources)});
        return kBadConfig;
    }
    std::vector<TestResult> results;
    for (const PolicyCase& one : read.cases)
        results.push_back(judge(one, snapshot, loaded.sources));
    bool written = print(as_text(results, choice.cases));
    if (!choice.junit.empty() && !write_file(choice.junit, junit(results, choice.cases))) {
        std::fprintf(stderr, "corsd test: %s cannot be written\n", choice.junit.c_str());
        written = false;
    }
    const bool passed = std::all_of(results.begin(), results.end(), [](const TestResult& one) { return one.passed; });
    return passed && written ? kSuccess : kFailure;
}

}  // namespace corsd::cli
