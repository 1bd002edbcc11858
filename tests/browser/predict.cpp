// What cors::browser and cors::decide together predict for a page's request through corsd. Reads cases as JSON, one a
// line, and prints a prediction a line; tests/browser/test_judge.py compares them with a real browser's page.
//
//   predict CONFIG < cases
//
// The proxy's own part between the two (whose headers pass, which are replaced) is written here once more, in the words
// of the policy's section 6, so that a mistake there shows as a difference too.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "base/ascii.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "cors/browser.hpp"
#include "cors/origin.hpp"

using namespace corsd;
using config::Node;
using cors::HeaderLines;

namespace {

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "predict: %s\n", why.c_str());
    std::exit(2);
}

std::string text(const Node& map, std::string_view key, std::string otherwise = {}) {
    const config::Entry* entry = map.find(key);
    return entry == nullptr ? std::move(otherwise) : entry->value.text;
}

HeaderLines header_lines(const Node& map) {
    HeaderLines lines;
    if (const config::Entry* entry = map.find("headers")) {
        for (const Node& pair : entry->value.items)
            lines.push_back({pair.items.at(0).text, pair.items.at(1).text});
    }
    return lines;
}

template <class Value>
Value named(const Node& one, std::string_view key, const std::map<std::string, Value>& values) {
    const auto found = values.find(text(one, key));
    if (found == values.end()) give_up("no such " + std::string(key) + ": \"" + text(one, key) + "\"");
    return found->second;
}

/// What the upstream answers, by target; "PREFLIGHT " before it for a preflight that gets so far.
struct Answer {
    cors::WireResponse response;
    std::string body;
};
using Answers = std::map<std::string, Answer>;

Answers answers_of(const Node& one) {
    Answers answers;
    const config::Entry* all = one.find("answers");
    if (all == nullptr) return answers;
    for (const config::Entry& entry : all->value.entries) {
        const std::string status = text(entry.value, "status", "200");
        Answer& answer = answers[entry.key];
        std::from_chars(status.data(), status.data() + status.size(), answer.response.status);
        answer.response.headers = header_lines(entry.value);
        if (status != "204" && status != "304") answer.response.headers.push_back({"Content-Length", "1"});
        answer.body = text(entry.value, "body");
    }
    return answers;
}

/// One request as it arrives at corsd, and what corsd makes of it.
struct Arrival {
    std::string method, target, origin, decision, reason;
};

std::string vary_of(cors::VaryGrant vary) {
    if (vary == cors::VaryGrant::none) return {};
    return vary == cors::VaryGrant::origin ? "Origin" : "Origin, Access-Control-Request-Method, …";
}

bool is_granting(const std::string& name) {
    return ascii::starts_with_lower(name, "access-control-");
}

/// corsd with its configuration, in front of an upstream that answers `answers`.
class Proxy {
  public:
    Proxy(const config::Snapshot& snapshot, const Answers& answers) : snapshot_(&snapshot), answers_(&answers) {}

    cors::WireResponse operator()(const cors::WireRequest& wire) {
        const std::size_t slashes = wire.url.find("//");
        const std::size_t path = wire.url.find('/', slashes + 2);
        const auto origin = cors::parse_origin(std::string_view(wire.url).substr(0, path));
        if (!origin) give_up("no origin in " + wire.url);
        const auto found = snapshot_->match(origin->host);
        if (found.site == nullptr) give_up("no site for " + wire.url);
        const std::string target = wire.url.substr(path);
        const auto own = cors::parse_origin(found.site->site().public_origin);
        if (!own || own->port != origin->port) return beyond(wire, target);
        cors::Question question = asked(wire);
        question.own = found.site->own_origin(
            found.how, origin->host, {cors::OwnOrigin::Known::guessed, origin->scheme, origin->host, origin->port});
        const auto match = found.site->match(std::string_view(target).substr(0, target.find('?')));
        const cors::Verdict verdict = cors::decide(*match.governed, question, scratch_);
        record(wire, target, verdict);
        if (verdict.action == cors::Action::forward) return forwarded(wire, target, question, verdict);
        return answered(verdict);
    }

    std::vector<Arrival> arrivals;
    std::string body, problem;  // of the last answer

  private:
    static cors::Question asked(const cors::WireRequest& wire) {
        static const std::map<std::string, cors::Question::Lines cors::Question::*> kFields = {
            {"origin", &cors::Question::origin},
            {"access-control-request-method", &cors::Question::request_method},
            {"access-control-request-headers", &cors::Question::request_headers},
            {"sec-fetch-site", &cors::Question::fetch_site},
            {"sec-fetch-mode", &cors::Question::fetch_mode},
            {"upgrade", &cors::Question::upgrade},
            {"x-http-method-override", &cors::Question::method_override},
        };
        cors::Question question;
        question.method = wire.method;
        for (const cors::HeaderLine& line : wire.headers) {
            std::string lower = line.name;
            std::transform(lower.begin(), lower.end(), lower.begin(), ascii::to_lower);
            const auto field = kFields.find(lower);
            if (field != kFields.end()) (question.*field->second).push_back(line.value);
        }
        return question;
    }

    void record(const cors::WireRequest& wire, const std::string& target, const cors::Verdict& verdict) {
        const bool would_refuse = verdict.mode == cors::Mode::report_only && !verdict.admitted();
        arrivals.push_back({wire.method, target, cors::get_header(wire.headers, "Origin").value_or(""),
                            verdict.action == cors::Action::refuse             ? "refuse"
                            : verdict.action == cors::Action::answer_preflight ? "preflight"
                            : would_refuse                                     ? "would_refuse"
                                                                               : "forward",
                            verdict.admitted() ? "none" : std::string(to_string(verdict.reason))});
    }

    // N13, N42: what corsd says itself.
    cors::WireResponse answered(const cors::Verdict& verdict) {
        cors::WireResponse response{verdict.status, {{"Date", "now"}}};
        problem = verdict.action == cors::Action::refuse ? to_string(verdict.reason) : "";
        body.clear();
        if (!problem.empty()) {
            response.headers.insert(
                response.headers.end(),
                {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}, {"Content-Length", "1"}});
        }
        grant(response, verdict);
        return response;
    }

    const Answer& upstream_answer(const cors::WireRequest& wire, const std::string& target) {
        const bool asks = cors::get_header(wire.headers, "Access-Control-Request-Method").has_value();
        const auto found = answers_->find((asks ? "PREFLIGHT " : "") + target);
        if (found == answers_->end()) give_up("the upstream has no answer for " + wire.method + " " + target);
        body = found->second.body;
        problem.clear();
        return found->second;
    }

    // Past corsd: a redirect that was not rewritten leads to the upstream itself.
    cors::WireResponse beyond(const cors::WireRequest& wire, const std::string& target) {
        return upstream_answer(wire, target).response;
    }

    // Section 6.
    cors::WireResponse forwarded(const cors::WireRequest& wire, const std::string& target,
                                 const cors::Question& question, const cors::Verdict& verdict) {
        const Answer& answer = upstream_answer(wire, target);
        if (verdict.kind == cors::RequestKind::websocket) return {101, {}};
        cors::WireResponse response{answer.response.status, {}};
        const bool replaces = verdict.upstream_headers == cors::UpstreamTreatment::replace;
        const bool touches = verdict.upstream_headers != cors::UpstreamTreatment::untouched;
        for (const cors::HeaderLine& line : answer.response.headers) {
            if (replaces && is_granting(line.name)) continue;
            response.headers.push_back({line.name, touches ? relocated(line, question) : line.value});
        }
        if (replaces) grant(response, verdict);
        if (verdict.upstream_headers == cors::UpstreamTreatment::keep) {
            response.headers.push_back({"Vary", vary_of(verdict.grants.vary)});
        }
        if (verdict.merge_expose) {
            const auto theirs = cors::get_header(answer.response.headers, "Access-Control-Expose-Headers");
            if (theirs) response.headers.push_back({"Access-Control-Expose-Headers", *theirs});
        }
        return response;
    }

    // N37.
    std::string relocated(const cors::HeaderLine& line, const cors::Question& question) const {
        const std::string upstream = snapshot_->config().upstreams.at(0).endpoints.at(0).host + ":" +
                                     std::to_string(snapshot_->config().upstreams.at(0).endpoints.at(0).port);
        const std::string start = "http://" + upstream + "/";
        if (!ascii::iequals(line.name, "Location") || !line.value.starts_with(start)) return line.value;
        return std::string(question.own.scheme) + "://" + std::string(question.own.host) + ":" +
               std::to_string(question.own.port) + line.value.substr(start.size() - 1);
    }

    static void grant(cors::WireResponse& response, const cors::Verdict& verdict) {
        const auto put = [&](const char* name, std::string_view value) {
            if (!value.empty()) response.headers.push_back({name, std::string(value)});
        };
        put("Access-Control-Allow-Origin", verdict.grants.allow_origin);
        put("Access-Control-Allow-Credentials", verdict.grants.allow_credentials ? "true" : "");
        put("Access-Control-Expose-Headers", verdict.grants.expose_headers);
        put("Access-Control-Allow-Methods", verdict.grants.allow_methods);
        put("Access-Control-Allow-Headers", verdict.grants.allow_headers);
        put("Access-Control-Max-Age", verdict.grants.max_age);
        put("Vary", vary_of(verdict.grants.vary));
    }

    const config::Snapshot* snapshot_;
    const Answers* answers_;
    cors::Scratch scratch_;
};

std::string in_quotes(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

cors::PageRequest page_request(const Node& one) {
    using namespace cors;
    static const std::map<std::string, RequestMode> kModes = {
        {"cors", RequestMode::cors}, {"no-cors", RequestMode::no_cors}, {"same-origin", RequestMode::same_origin}};
    static const std::map<std::string, CredentialsMode> kCredentials = {{"omit", CredentialsMode::omit},
                                                                        {"same-origin", CredentialsMode::same_origin},
                                                                        {"include", CredentialsMode::include}};
    static const std::map<std::string, RedirectMode> kRedirects = {
        {"follow", RedirectMode::follow}, {"error", RedirectMode::error}, {"manual", RedirectMode::manual}};
    PageRequest request{text(one, "origin"), text(one, "url"), text(one, "method"), header_lines(one)};
    request.mode = named(one, "mode", kModes);
    request.credentials = named(one, "credentials", kCredentials);
    request.redirect = named(one, "redirect", kRedirects);
    if (one.find("body") != nullptr) request.body = text(one, "body");
    return request;
}

std::string outcome_of(const Node& one, Proxy& proxy) {
    const auto server = [&](const cors::WireRequest& wire) { return proxy(wire); };
    if (text(one, "kind") == "websocket") {
        const bool open = cors::websocket_opens(text(one, "origin"), text(one, "url"), server);
        return std::string(R"("outcome":)") + (open ? R"("open")" : R"("closed")");
    }
    using cors::PageOutcome;
    using cors::ResponseType;
    static const std::map<PageOutcome, std::string> kOutcomes = {
        {PageOutcome::refused_by_browser, "refused_by_browser"},
        {PageOutcome::preflight_failed, "preflight_failed"},
        {PageOutcome::response_blocked, "response_blocked"},
        {PageOutcome::opaque, "opaque"},
        {PageOutcome::readable, "readable"}};
    static const std::map<ResponseType, std::string> kTypes = {{ResponseType::error, "error"},
                                                               {ResponseType::basic, "basic"},
                                                               {ResponseType::cors, "cors"},
                                                               {ResponseType::opaque, "opaque"},
                                                               {ResponseType::opaque_redirect, "opaqueredirect"}};
    const cors::PageResult result = cors::fetch(page_request(one), server);
    std::string out = R"("outcome":)" + in_quotes(kOutcomes.at(result.outcome)) + R"(,"type":)" +
                      in_quotes(kTypes.at(result.type)) + R"(,"status":)" + std::to_string(result.status) +
                      R"(,"preflighted":)" + (result.preflighted ? "true" : "false") + R"(,"redirected":)" +
                      (result.redirected ? "true" : "false") + R"(,"headers":[)";
    for (const std::string& name : result.visible_headers)
        out += (out.back() == '[' ? "" : ",") + in_quotes(name);
    return out + R"(],"body":)" + in_quotes(proxy.body) + R"(,"problem":)" + in_quotes(proxy.problem);
}

std::string prediction(const Node& one, const config::Snapshot& snapshot) {
    const Answers answers = answers_of(one);
    Proxy proxy(snapshot, answers);
    std::string out = R"({"id":)" + in_quotes(text(one, "id")) + "," + outcome_of(one, proxy) + R"(,"arrivals":[)";
    for (const Arrival& arrival : proxy.arrivals) {
        if (out.back() != '[') out += ',';
        out += R"({"method":)" + in_quotes(arrival.method) + R"(,"target":)" + in_quotes(arrival.target) +
               R"(,"origin":)" + in_quotes(arrival.origin) + R"(,"decision":)" + in_quotes(arrival.decision) +
               R"(,"reason":)" + in_quotes(arrival.reason) + "}";
    }
    return out + "]}";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) give_up("usage: predict CONFIG < cases");
    config::Loaded loaded = config::load_file(argv[1], config::system_environment());
    for (const auto& one : loaded.diagnostics)
        std::cerr << config::render(one, loaded.sources);
    if (!loaded.ok()) give_up("the configuration does not load");
    const config::Snapshot snapshot(std::move(*loaded.config));
    for (std::string line; std::getline(std::cin, line);) {
        config::Report report;
        const auto document = config::parse_document(line, 0, report);
        for (const auto& one : report.take())
            std::cerr << config::render(one, {{"case", line}});
        if (!document || report.has_errors()) give_up("no case: " + line);
        std::cout << prediction(*document, snapshot) << '\n';
    }
    return 0;
}
