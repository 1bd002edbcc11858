// Policies and questions in one line each, for tests.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cors/decide.hpp"

namespace corsd::cors::making {

inline OriginPattern pattern(std::string_view text) {
    auto parsed = OriginPattern::parse(text);
    if (const auto* error = std::get_if<OriginPatternError>(&parsed)) throw std::invalid_argument(error->message);
    return std::get<OriginPattern>(std::move(parsed));
}

inline OriginSet origins(const std::vector<std::string>& texts) {
    std::vector<OriginPattern> patterns;
    for (const std::string& text : texts)
        patterns.push_back(pattern(text));
    return OriginSet(std::move(patterns));
}

inline PolicySource source(const std::vector<std::string>& allowed, std::vector<std::string> methods = {"GET", "POST"},
                           std::vector<std::string> headers = {}) {
    PolicySource made;
    made.origins = origins(allowed);
    made.methods = MethodSet(std::move(methods));
    made.allow_headers = HeaderSet(std::move(headers));
    made.span = {0, 1, 1, 1};
    made.origins_span = {0, 2, 1, 1};
    made.methods_span = {0, 3, 1, 1};
    made.allow_headers_span = {0, 4, 1, 1};
    return made;
}

inline Governed governed(std::vector<PolicySource> entries) {
    Governed made;
    made.pattern = "/api/*";
    for (PolicySource& entry : entries)
        made.entries.emplace_back(std::move(entry));
    return made;
}

inline Governed governed(PolicySource entry) {
    std::vector<PolicySource> entries;
    entries.push_back(std::move(entry));
    return governed(std::move(entries));
}

/// A question put together field by field; the site's own origin is declared as https://api.test.
struct Ask {
    Question question;

    explicit Ask(std::string_view method = "GET") {
        question.method = method;
        question.own = {OwnOrigin::Known::declared, "https", "api.test", 0};
    }
    Ask& guessed() {
        question.own = {OwnOrigin::Known::guessed, "http", "api.test", 0};
        return *this;
    }
    Ask& origin(std::string_view value) { return add(question.origin, value); }
    Ask& requests(std::string_view value) { return add(question.request_method, value); }
    Ask& headers(std::string_view value) { return add(question.request_headers, value); }
    Ask& private_network(std::string_view value) { return add(question.request_private_network, value); }
    Ask& site(std::string_view value) { return add(question.fetch_site, value); }
    Ask& mode(std::string_view value) { return add(question.fetch_mode, value); }
    Ask& upgrades(std::string_view value) { return add(question.upgrade, value); }
    Ask& overrides(std::string_view value) { return add(question.method_override, value); }

  private:
    Ask& add(Question::Lines& lines, std::string_view value) {
        lines.push_back(value);
        return *this;
    }
};

}  // namespace corsd::cors::making
