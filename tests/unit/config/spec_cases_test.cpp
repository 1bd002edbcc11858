// The tables of tests/spec, asked of route and decide directly. tests/spec/run_spec.py asks the running program the
// same; tests/spec/README.md says how a case is written.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/ascii.hpp"
#include "catch.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "cors/decide.hpp"
#include "route/path.hpp"

using namespace corsd;
using config::Node;

namespace {

using Texts = std::map<std::string, std::string>;

constexpr const char* kPreflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

std::string text(const Node& map, std::string_view key, std::string otherwise = {}) {
    const config::Entry* entry = map.find(key);
    return entry == nullptr ? std::move(otherwise) : entry->value.text;
}

const Node& child(const Node& map, std::string_view key) {
    static const Node kNothing;
    const config::Entry* entry = map.find(key);
    return entry == nullptr ? kNothing : entry->value;
}

std::string filled(std::string config) {
    const auto replace = [&](std::string_view what, std::string_view with) {
        for (std::size_t at; (at = config.find(what)) != std::string::npos;)
            config.replace(at, what.size(), with);
    };
    replace("{{listen}}", "127.0.0.1:8080");
    replace("{{upstream}}", "http://127.0.0.1:5000");
    return config;
}

// Snapshots by configuration text: many cases share one.
const config::Snapshot& snapshot_of(const std::string& config) {
    static std::map<std::string, std::unique_ptr<config::Snapshot>> made;
    auto& slot = made[config];
    if (!slot) {
        config::Loaded loaded = config::load_text(filled(config), "spec.yaml", config::system_environment());
        std::string diagnostics;
        for (const auto& one : loaded.diagnostics)
            diagnostics += config::render(one, loaded.sources);
        INFO(diagnostics);
        REQUIRE(loaded.ok());
        slot = std::make_unique<config::Snapshot>(std::move(*loaded.config));
    }
    return *slot;
}

struct Request {
    std::string method, path, host, host_name;
    std::uint16_t port = 0;
    std::vector<std::pair<std::string, std::string>> headers;

    explicit Request(const Node& node) : method(text(node, "method", "GET")), host(text(node, "host", "api.test")) {
        path = text(node, "target", "/api/x");
        path.resize(std::min(path.find('?'), path.size()));
        for (const Node& line : child(node, "headers").items) {
            const std::size_t colon = line.text.find(':');
            REQUIRE(colon != std::string::npos);
            headers.emplace_back(line.text.substr(0, colon), ascii::trim_ows(line.text.substr(colon + 1)));
        }
        // What the wire's own parser does: port off, one trailing dot off, lower case.
        host_name = host;
        const std::size_t colon = host.rfind(':');
        if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
            host_name = host.substr(0, colon);
            port = static_cast<std::uint16_t>(std::stoi(host.substr(colon + 1)));
        }
        if (!host_name.empty() && host_name.back() == '.') host_name.pop_back();
        std::transform(host_name.begin(), host_name.end(), host_name.begin(), ascii::to_lower);
    }

    void ask(cors::Question& question) const {
        static const std::map<std::string, cors::Question::Lines cors::Question::*> kFields = {
            {"origin", &cors::Question::origin},
            {"access-control-request-method", &cors::Question::request_method},
            {"access-control-request-headers", &cors::Question::request_headers},
            {"access-control-request-private-network", &cors::Question::request_private_network},
            {"sec-fetch-site", &cors::Question::fetch_site},
            {"sec-fetch-mode", &cors::Question::fetch_mode},
            {"upgrade", &cors::Question::upgrade},
            {"x-http-method-override", &cors::Question::method_override},
            {"x-http-method", &cors::Question::method_override},
            {"x-method-override", &cors::Question::method_override},
        };
        question.method = method;
        for (const auto& [name, value] : headers) {
            std::string lower = name;
            std::transform(lower.begin(), lower.end(), lower.begin(), ascii::to_lower);
            if (const auto field = kFields.find(lower); field != kFields.end()) {
                (question.*field->second).push_back(value);
            }
        }
    }
};

struct Outcome {
    std::string decision, reason = "none";
    int status = 0;
    Texts cors;
    std::string culprit;
    bool hint = false, forwards_origin = true;
};

Outcome refused(const char* reason, int status) {
    Outcome outcome;
    outcome.decision = "refuse";
    outcome.reason = reason;
    outcome.status = status;
    return outcome;
}

std::string vary_text(cors::VaryGrant vary) {
    switch (vary) {
        case cors::VaryGrant::none:
            return {};
        case cors::VaryGrant::origin:
            return "Origin";
        case cors::VaryGrant::preflight:
            return kPreflightVary;
        case cors::VaryGrant::preflight_private_network:
            return std::string(kPreflightVary) + ", Access-Control-Request-Private-Network";
    }
    return {};
}

Texts grants_of(const cors::Grants& grants) {
    Texts all = {{"ACAO", std::string(grants.allow_origin)},
                 {"ACAC", grants.allow_credentials ? "true" : ""},
                 {"ACEH", std::string(grants.expose_headers)},
                 {"ACAM", std::string(grants.allow_methods)},
                 {"ACAH", std::string(grants.allow_headers)},
                 {"ACMA", std::string(grants.max_age)},
                 {"TAO", std::string(grants.timing_allow_origin)},
                 {"ACAPN", grants.allow_private_network ? "true" : ""},
                 {"Vary", vary_text(grants.vary)}};
    for (auto entry = all.begin(); entry != all.end();)
        entry = entry->second.empty() ? all.erase(entry) : ++entry;
    return all;
}

Outcome judge(const config::Snapshot& snapshot, const Request& request) {
    const auto found = snapshot.match(request.host_name);
    if (found.site == nullptr) return refused("unknown_host", 421);
    std::string storage;
    std::string_view path;
    const bool asterisk = request.path == "*";
    if (!asterisk &&
        route::canonical_path(request.path, snapshot.config().paths, storage, path) != route::PathProblem::none) {
        return refused("path_ambiguous", 400);
    }
    const auto match = asterisk ? found.site->unmatched() : found.site->match(path);
    cors::Question question;
    request.ask(question);
    question.own = found.site->own_origin(found.how, request.host_name,
                                          {cors::OwnOrigin::Known::guessed, "http", request.host_name, request.port});
    cors::Scratch scratch;
    const cors::Verdict verdict = cors::decide(*match.governed, question, scratch);

    Outcome outcome;
    const bool would_refuse = verdict.mode == cors::Mode::report_only && !verdict.admitted();
    outcome.decision = verdict.action == cors::Action::refuse             ? "refuse"
                       : verdict.action == cors::Action::answer_preflight ? "preflight"
                       : would_refuse                                     ? "would_refuse"
                                                                          : "forward";
    if (!verdict.admitted()) outcome.reason = to_string(verdict.reason);
    outcome.status = verdict.status;
    outcome.cors = grants_of(verdict.grants);
    outcome.culprit = verdict.culprit;
    outcome.hint = verdict.hint;
    outcome.forwards_origin = verdict.forward_origin;
    return outcome;
}

void check(const Node& one, const config::Snapshot& snapshot) {
    const Node& expect = child(one, "expect");
    const Request request(child(one, "request"));
    const Outcome outcome = judge(snapshot, request);
    const std::string decision = text(expect, "decision", "forward");
    CHECK(outcome.decision == decision);
    CHECK(outcome.reason == text(expect, "reason", "none"));
    if (decision == "refuse") CHECK(std::to_string(outcome.status) == text(expect, "status", "403"));
    if (decision == "preflight") CHECK(std::to_string(outcome.status) == text(expect, "status", "204"));
    CHECK(outcome.hint == (text(expect, "hint") == "true"));
    Texts wanted;
    for (const auto& entry : child(expect, "cors").entries) {
        wanted[entry.key] = entry.value.text == "preflight" ? kPreflightVary : entry.value.text;
    }
    CHECK(outcome.cors == wanted);
    const std::string detail = text(expect, "detail");
    if (!outcome.culprit.empty() && !detail.empty()) CHECK(outcome.culprit == detail);
    const Node& forwarded = child(expect, "forwarded");
    if (child(forwarded, "headers").find("Origin") != nullptr) CHECK(outcome.forwards_origin);
    for (const Node& name : child(forwarded, "absent").items) {
        if (name.text == "Origin") CHECK_FALSE(outcome.forwards_origin);
    }
}

struct Table {
    Texts configs;
    Node cases;
};

// The document's door takes no value of several lines, which the configurations are: they are cut out by their
// indentation.
Table read_table(const std::filesystem::path& path) {
    Table table;
    std::ifstream file(path);
    std::string name, rest;
    for (std::string line; std::getline(file, line);) {
        if (!rest.empty() || line == "cases:") {
            rest += line + "\n";
        } else if (line.size() > 5 && line.compare(line.size() - 3, 3, ": |") == 0 && line[2] != ' ') {
            name = line.substr(2, line.size() - 5);
        } else if (line.compare(0, 4, "    ") == 0) {
            table.configs[name] += line.substr(4) + "\n";
        }
    }
    config::Report report;
    auto document = config::parse_document(rest, 0, report);
    std::string diagnostics;
    for (const auto& one : report.take())
        diagnostics += config::render(one, {{path.string(), rest}});
    INFO(diagnostics);
    REQUIRE(document.has_value());
    REQUIRE(diagnostics.empty());
    table.cases = child(*document, "cases");
    return table;
}

}  // namespace

TEST_CASE("decide agrees with every case of tests/spec that is not about bytes") {
    std::size_t cases = 0;
    for (const auto& file : std::filesystem::directory_iterator(CORSD_SOURCE_DIR "/tests/spec")) {
        if (file.path().extension() != ".yaml") continue;
        const Table table = read_table(file.path());
        for (const Node& one : table.cases.items) {
            if (text(one, "at") == "wire") continue;
            const std::string where = file.path().filename().string() + ": " + text(one, "title");
            CAPTURE(where);
            check(one, snapshot_of(table.configs.at(text(one, "config"))));
            ++cases;
        }
    }
    CHECK(cases > 150);
}
