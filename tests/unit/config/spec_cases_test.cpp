// The tables of tests/spec, asked of route and decide directly. tests/spec/run_spec.py asks the running program the
// same; tests/spec/README.md says how a case is written.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/ascii.hpp"
#include "catch.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "cors/decide.hpp"
#include "loading.hpp"
#include "route/path.hpp"
#include "spec_table.hpp"

using namespace corsd;
using config::child_of;
using config::Node;
using config::text_of;
using config::Texts;

namespace {

constexpr const char* kPreflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

std::string filled(std::string config) {
    const auto replace = [&](std::string_view what, std::string_view with) {
        for (std::size_t at; (at = config.find(what)) != std::string::npos;)
            config.replace(at, what.size(), with);
    };
    replace("{{listen}}", "127.0.0.1:8080");
    replace("{{upstream}}", "http://127.0.0.1:5000");
    return config;
}

config::Loaded load(const config::SpecTable& table, const std::string& config) {
    config::World world;
    world.variables.insert(table.environment.begin(), table.environment.end());
    world.files.insert(table.files.begin(), table.files.end());
    return world.load(filled(config), "spec.yaml");
}

// Snapshots of one table by configuration: many cases share one.
class Snapshots {
  public:
    explicit Snapshots(const config::SpecTable& table) : table_(table) {}

    const config::Snapshot& of(const std::string& name) {
        auto& slot = made_[name];
        if (!slot) {
            config::Loaded loaded = load(table_, table_.configs.at(name));
            INFO(config::rendered(loaded));
            REQUIRE(loaded.ok());
            slot = std::make_unique<config::Snapshot>(std::move(*loaded.config));
        }
        return *slot;
    }

  private:
    const config::SpecTable& table_;
    std::map<std::string, std::unique_ptr<config::Snapshot>> made_;
};

struct Request {
    std::string method, path, host, host_name;
    std::uint16_t port = 0;
    std::vector<std::pair<std::string, std::string>> headers;

    explicit Request(const Node& node)
        : method(text_of(node, "method", "GET")), host(text_of(node, "host", "api.test")) {
        path = text_of(node, "target", "/api/x");
        path.resize(std::min(path.find('?'), path.size()));
        for (const Node& line : child_of(node, "headers").items) {
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
    const Node& expect = child_of(one, "expect");
    const Request request(child_of(one, "request"));
    const Outcome outcome = judge(snapshot, request);
    const std::string decision = text_of(expect, "decision", "forward");
    CHECK(outcome.decision == decision);
    CHECK(outcome.reason == text_of(expect, "reason", "none"));
    if (decision == "refuse") CHECK(std::to_string(outcome.status) == text_of(expect, "status", "403"));
    if (decision == "preflight") CHECK(std::to_string(outcome.status) == text_of(expect, "status", "204"));
    CHECK(outcome.hint == (text_of(expect, "hint") == "true"));
    Texts wanted;
    for (const auto& entry : child_of(expect, "cors").entries) {
        wanted[entry.key] = entry.value.text == "preflight" ? kPreflightVary : entry.value.text;
    }
    CHECK(outcome.cors == wanted);
    const std::string detail = text_of(expect, "detail");
    if (!outcome.culprit.empty() && !detail.empty()) CHECK(outcome.culprit == detail);
    const Node& forwarded = child_of(expect, "forwarded");
    if (child_of(forwarded, "headers").find("Origin") != nullptr) CHECK(outcome.forwards_origin);
    for (const Node& name : child_of(forwarded, "absent").items) {
        if (name.text == "Origin") CHECK_FALSE(outcome.forwards_origin);
    }
}

// "line:column severity[code]" of everything that is wrong with a configuration.
void check_diagnostics(const Node& one, const config::SpecTable& table) {
    const config::Loaded loaded = load(table, table.configs.at(text_of(one, "config")));
    std::vector<std::string> got, wanted;
    for (const config::Diagnostic& each : loaded.diagnostics) {
        const bool error = each.severity == config::Severity::error;
        got.push_back(std::to_string(each.span.line) + ":" + std::to_string(each.span.column) +
                      (error ? " error[" : " warning[") + each.code + "]");
    }
    for (const Node& each : child_of(child_of(one, "expect"), "diagnostics").items)
        wanted.push_back(each.text);
    CHECK(got == wanted);
}

}  // namespace

TEST_CASE("decide agrees with every case of tests/spec that is not about bytes") {
    std::size_t cases = 0;
    for (const auto& file : std::filesystem::directory_iterator(CORSD_SOURCE_DIR "/tests/spec")) {
        if (file.path().extension() != ".yaml") continue;
        const config::SpecTable table = config::read_spec_table(file.path());
        Snapshots snapshots(table);
        for (const Node& one : table.cases) {
            if (text_of(one, "at") == "wire") continue;
            const std::string where = file.path().filename().string() + ": " + text_of(one, "title");
            CAPTURE(where);
            if (child_of(one, "expect").find("diagnostics") != nullptr) {
                check_diagnostics(one, table);
            } else {
                check(one, snapshots.of(text_of(one, "config")));
            }
            ++cases;
        }
    }
    CHECK(cases > 900);
}
