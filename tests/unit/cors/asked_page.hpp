// A page of another site in front of decide(): what it asks for, what it gets, what reached the upstream.
#pragma once

#include "cors/browser.hpp"
#include "making.hpp"

namespace corsd::cors::making {

struct Asked {
    PageResult result;
    std::size_t at_upstream = 0;
    Verdict preflight, actual;  // the last ones; they view what is gone
};

inline void put(WireResponse& response, const char* name, std::string_view value) {
    if (!value.empty()) response.headers.push_back({name, std::string(value)});
}

/// What the verdict on a wire request comes to on the wire; a forwarded one is answered with `upstream`.
inline WireResponse answer_of(const Verdict& verdict, const WireResponse& upstream) {
    WireResponse response;
    if (verdict.action == Action::forward) response = upstream;
    if (verdict.action != Action::forward) response.status = verdict.status;
    put(response, "Access-Control-Allow-Origin", verdict.grants.allow_origin);
    put(response, "Access-Control-Allow-Credentials", verdict.grants.allow_credentials ? "true" : "");
    put(response, "Access-Control-Expose-Headers", verdict.grants.expose_headers);
    put(response, "Access-Control-Allow-Methods", verdict.grants.allow_methods);
    put(response, "Access-Control-Allow-Headers", verdict.grants.allow_headers);
    put(response, "Access-Control-Max-Age", verdict.grants.max_age);
    return response;
}

/// The site itself, https://api.test or another; `wire` outlives the question.
inline Ask question_of(const WireRequest& wire) {
    Ask ask(wire.method);
    for (const HeaderLine& line : wire.headers) {
        if (line.name == "Origin") ask.origin(line.value);
        if (line.name == "Access-Control-Request-Method") ask.requests(line.value);
        if (line.name == "Access-Control-Request-Headers") ask.headers(line.value);
        if (line.name == "Sec-Fetch-Site") ask.site(line.value);
        if (line.name == "Sec-Fetch-Mode") ask.mode(line.value);
    }
    return ask;
}

inline Asked ask(const Governed& governed, const PageRequest& page, PreflightCache& cache) {
    Asked asked;
    Scratch scratch;
    const Server server = [&](const WireRequest& wire) {
        const Ask ask = question_of(wire);
        const Verdict verdict = decide(governed, ask.question, scratch);
        (verdict.kind == RequestKind::preflight ? asked.preflight : asked.actual) = verdict;
        if (verdict.action == Action::forward) ++asked.at_upstream;
        return answer_of(verdict, {200, {{"X-Total", "1"}, {"X-Secret", "1"}}});
    };
    asked.result = fetch(page, server, cache);
    return asked;
}

inline Asked ask(const Governed& governed, const PageRequest& page) {
    PreflightCache empty;
    return ask(governed, page, empty);
}

}  // namespace corsd::cors::making
