// What large configurations cost: loading, against a bare event pass of yaml-cpp over the same text, and deciding,
// against a small one. Ratios within one run; docs/benchmarks.md shows some.
//   ninja -C build/release scale && build/release/scale [part of a name]
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "cors/decide.hpp"

using namespace corsd;

namespace {

constexpr int kOrigins = 100'000;
constexpr int kResources = 10'000;
constexpr int kRounds = 5;

/// Events that nobody looks at.
class Deaf final : public YAML::EventHandler {
  public:
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

double seconds_of(const std::function<void()>& work) {
    double best = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        work();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        if (best > 5) break;
    }
    return best;
}

struct Files {
    std::string text;
    std::map<std::string, std::string> lists;
};

config::Loaded load(const Files& files) {
    config::Environment environment;
    environment.variable = [](std::string_view) { return std::nullopt; };
    environment.read_file = [&](const std::string& path, std::string& problem) -> std::optional<std::string> {
        const auto found = files.lists.find(path);
        if (found != files.lists.end()) return found->second;
        problem = "there is none";
        return std::nullopt;
    };
    return config::load_text(files.text, "scale.yaml", environment);
}

using Line = std::function<std::string(int)>;

std::string lines(int count, const char* before, const Line& line) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += before + line(i) + "\n";
    return text;
}

const std::string kHead = "upstream: http://127.0.0.1:5000\npublic_origin: https://api.example\n";
const Line kExact = [](int i) { return "https://app" + std::to_string(i) + ".example"; };
const Line kInsecure = [](int i) { return "http://app" + std::to_string(i) + ".example"; };
const Line kCovered = [](int i) {
    return i % 2 == 0 ? "\"https://*.app" + std::to_string(i) + ".example\""
                      : "https://x.app" + std::to_string(i - 1) + ".example";
};
const Line kRegexes = [](int i) {
    return i % 100 == 0 ? "\"~https://r" + std::to_string(i) + "-[0-9]+\\\\.example\"" : kExact(i);
};
const Line kPrefix = [](int i) { return "/api/v" + std::to_string(i) + "/*: {}"; };

Files named_list(int origins, int resources, const Line& origin, const Line& resource) {
    return {kHead + "defaults:\n  origins:\n" + lines(origins, "    - ", origin) + "resources:\n" +
                lines(resources, "  ", resource),
            {}};
}

std::map<std::string, Files> cases() {
    std::map<std::string, Files> all;
    all["100 000 origins, 10 000 resources"] = named_list(kOrigins, kResources, kExact, kPrefix);
    all["100 000 origins"] = named_list(kOrigins, 1, kExact, kPrefix);
    all["100 000 plain http origins, 10 000 resources"] = named_list(kOrigins, kResources, kInsecure, kPrefix);
    all["100 000 origins of which wildcards admit half"] = named_list(kOrigins, 1, kCovered, kPrefix);
    all["1 000 regexes among 100 000 origins"] = named_list(kOrigins, 1, kRegexes, kPrefix);
    all["10 000 resources with two origins each"] = named_list(1, kResources, kExact, [](int i) {
        return "/api/v" + std::to_string(i) + "/*: {origins: [" + kExact(2 * i) + ", " + kExact(2 * i + 1) + "]}";
    });
    all["10 000 resources inside one another's star"] =
        named_list(1, kResources, kExact, [](int i) { return "/*/v" + std::to_string(i) + "/x: {}"; });
    all["10 000 resources with a regex each"] =
        named_list(1, kResources, kExact, [](int i) { return "\"~/v" + std::to_string(i) + "/[a-z]+\": {}"; });
    all["10 000 resources in one of 100 000 origins, with a regex each"] =
        named_list(kOrigins, kResources, kExact, [](int i) {
            if (i == 0) return std::string("/api/*: {}");
            const std::string number = std::to_string(i);
            return "/api/v" + number + "/*: {origins: [\"~https://q" + number + "-[0-9]\\\\.example\"]}";
        });
    Files filed{kHead + "defaults:\n  origins: [\"@file:list\"]\nresources:\n" + lines(kResources, "  ", kPrefix), {}};
    filed.lists["list"] = lines(kOrigins, "", kExact);
    all["100 000 origins in a file, 10 000 resources"] = filed;
    return all;
}

void show_loading(const std::string& wanted) {
    std::printf("%-64s %9s %9s %6s\n", "loading", "yaml-cpp", "corsd", "ratio");
    for (const auto& [name, files] : cases()) {
        if (name.find(wanted) == std::string::npos) continue;
        const double bare = seconds_of([text = &files.text] {
            std::istringstream stream(*text);
            YAML::Parser parser(stream);
            Deaf handler;
            while (parser.HandleNextDocument(handler)) {
            }
        });
        std::size_t problems = 0;
        const double loading = seconds_of([&] {
            config::Loaded loaded = load(files);
            problems = loaded.diagnostics.size();
            if (!loaded.ok()) std::printf("refused: %s\n", loaded.diagnostics.front().message.c_str());
            if (loaded.ok()) const config::Snapshot snapshot(std::move(*loaded.config));
        });
        std::printf("%-64s %7.0fms %7.0fms %6.2f   %zu warnings\n", name.c_str(), bare * 1e3, loading * 1e3,
                    loading / bare, problems);
    }
}

double nanoseconds_to_decide(int origins, int resources) {
    config::Loaded loaded = load(named_list(origins, resources, kExact, kPrefix));
    const config::Snapshot snapshot(std::move(*loaded.config));
    const std::string path = "/api/v" + std::to_string(resources - 1) + "/users/17";
    const std::string admitted = kExact(origins - 1);
    cors::Question question;
    cors::Scratch scratch;
    constexpr int kTimes = 200'000;
    std::size_t refused = 0;
    const double taken = seconds_of([&] {
        for (int i = 0; i < kTimes; ++i) {
            const auto found = snapshot.match("api.example");
            question.clear();
            question.method = "GET";
            question.own = found.site->own_origin(found.how, "api.example", {});
            question.origin.emplace_back(i % 2 == 0 ? std::string_view(admitted) : "https://nobody.example");
            const cors::Verdict verdict = cors::decide(*found.site->match(path).governed, question, scratch);
            refused += verdict.admitted() ? 0 : 1;
        }
    });
    if (refused % (kTimes / 2) != 0) std::printf("not what was configured\n");
    return taken / kTimes * 1e9;
}

void show_deciding() {
    std::printf("\n%-64s %11s %6s\n", "deciding", "ns", "ratio");
    const double small = nanoseconds_to_decide(10, 10);
    const double large = nanoseconds_to_decide(kOrigins, kResources);
    std::printf("%-64s %11.0f %6.2f\n", "10 origins, 10 resources", small, 1.0);
    std::printf("%-64s %11.0f %6.2f\n", "100 000 origins, 10 000 resources", large, large / small);
}

}  // namespace

int main(int count, char** arguments) {
    show_loading(count > 1 ? arguments[1] : "");
    if (count < 2) show_deciding();
    return 0;
}
