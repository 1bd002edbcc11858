// How a browser goes about a request, and what Chromium's console says of its end (explain_story.hpp).
#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "cli/explain_story.hpp"
#include "cors/browser_url.hpp"
#include "cors/origin.hpp"
#include "cors/token_set.hpp"
#include "http/problem.hpp"

namespace corsd::cli::explained {

namespace {

using cors::BlockedBy;

[[nodiscard]] std::string in_quotes(std::string_view text) {
    return "'" + std::string(text) + "'";
}

/// The request as fetch() makes it of what the script gave.
[[nodiscard]] cors::PageRequest constructed(const cors::PageRequest& wanted) {
    cors::PageRequest request = wanted;
    request.method = cors::normalized_method(request.method);
    if (auto kept = cors::guarded_headers(request.headers, cors::HeadersGuard::request)) {
        request.headers = std::move(*kept);
    }
    return request;
}

void tell_ignored(Sending& sending, const cors::PageRequest& wanted) {
    for (const cors::HeaderLine& line : wanted.headers) {
        if (!cors::is_forbidden_header(line.name, line.value)) continue;
        sending.sentences.push_back("the browser ignores the header " + line.name + ": no script may set it");
    }
}

void tell_credentials(Sending& sending, const cors::PageRequest& request) {
    if (request.credentials == cors::CredentialsMode::include) {
        sending.sentences.emplace_back(
            "credentials \"include\": cookies go along where the browser has any, and the answer must allow it");
    } else if (request.credentials == cors::CredentialsMode::omit) {
        sending.sentences.emplace_back("credentials \"omit\": no cookies go along");
    } else {
        sending.sentences.emplace_back("credentials \"same-origin\": no cookies go along to another origin");
    }
}

void tell_preflight(Sending& sending, const cors::PageRequest& request) {
    if (!cors::needs_preflight(request)) {
        sending.kind = "simple";
        sending.sentences.emplace_back(
            "a simple request: it is sent without a preflight, and its answer says whether the page may read it");
        return;
    }
    sending.kind = "preflighted";
    sending.sentences.emplace_back("a preflight goes first, and the request only if that succeeds:");
    if (!cors::is_cors_safelisted_method(request.method)) {
        sending.sentences.push_back("  the method " + request.method + " is not GET, HEAD or POST");
    }
    for (const std::string& name : cors::cors_unsafe_header_names(request.headers)) {
        const std::string value = cors::get_header(request.headers, name).value_or("");
        const bool safe_name = cors::is_cors_safelisted_header(name, "") || name == "content-type" || name == "range";
        sending.sentences.push_back("  the header " + name +
                                    (safe_name ? " has a value that needs one: " + value : " is not safelisted"));
    }
}

[[nodiscard]] Sending nothing_sent(const cors::PageRequest& request) {
    Sending sending{"nothing", {}};
    const auto url = cors::parse_browser_url(request.url);
    if (cors::is_forbidden_method(request.method)) {
        sending.sentences.push_back("no script may send the method " + request.method);
    } else if (!ascii::is_token(request.method)) {
        sending.sentences.push_back("\"" + request.method + "\" is no method");
    } else if (url && url->has_credentials) {
        sending.sentences.emplace_back("a URL with a user name or password is refused by fetch()");
    } else {
        sending.sentences.emplace_back("fetch() refuses the request itself");
    }
    return sending;
}

void warn_mixed(Sending& sending, const Case& asked) {
    const auto url = cors::parse_browser_url(asked.request.url);
    if (!asked.request.origin.starts_with("https:") || !url || cors::is_trustworthy(url->origin)) return;
    sending.sentences.push_back("mixed content: a page on https may not ask " + url->origin +
                                " at all; what follows holds for browsers that let it");
}

// Chromium's own sentences; tests/browser/test_explain.py compares them with what it prints.
[[nodiscard]] std::string cors_sentence(const cors::PageResult& page) {
    const std::string value = "The value of the 'Access-Control-Allow-Origin' header in the response ";
    const std::string mode = "when the request's credentials mode is 'include'.";
    switch (page.blocked_by) {
        case BlockedBy::allow_origin_missing:
            return "No 'Access-Control-Allow-Origin' header is present on the requested resource.";
        case BlockedBy::wildcard_with_credentials:
            return value + "must not be the wildcard '*' " + mode;
        case BlockedBy::allow_credentials:
            return "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be "
                   "'true' " +
                   mode;
        case BlockedBy::preflight_status:
            return "It does not have HTTP ok status.";
        case BlockedBy::method:
            return "Method " + page.culprit + " is not allowed by Access-Control-Allow-Methods in preflight response.";
        case BlockedBy::header:
            return "Request header field " + page.culprit +
                   " is not allowed by Access-Control-Allow-Headers in preflight response.";
        default:
            return {};
    }
}

[[nodiscard]] std::string status_sentence(std::uint16_t status) {
    return "Failed to load resource: the server responded with a status of " + std::to_string(status) + " (" +
           std::string(http::reason_phrase(status)) + ")";
}

[[nodiscard]] std::vector<std::string> websocket_console(const Case& asked, const Run& run) {
    const Hearing& hearing = *run.hearings.back();
    if (asked.request.origin.empty() || hearing.status == 0) return {};
    std::string url = asked.request.url;
    url.replace(0, 4, "ws");
    return {"WebSocket connection to " + in_quotes(url) +
            " failed: Error during WebSocket handshake: Unexpected response code: " + std::to_string(hearing.status)};
}

}  // namespace

Sending sending_of(const Case& asked, const Run& run) {
    Sending sending;
    if (asked.sender == Sender::program) {
        sending = {"program", {"not from a page: browsers send Origin with what CORS is about"}};
    } else if (asked.sender == Sender::websocket) {
        sending = {"websocket", {"a WebSocket handshake: no preflight and no CORS check; cookies always go along"}};
    } else if (run.hearings.empty()) {
        sending = nothing_sent(asked.request);
    } else {
        const cors::PageRequest request = constructed(asked.request);
        const auto url = cors::parse_browser_url(request.url);
        if (url && url->origin == request.origin) {
            sending = {"same-origin", {"same-origin: no preflight, and the page reads every answer"}};
        } else {
            tell_preflight(sending, request);
            tell_credentials(sending, request);
        }
        if (request.method != asked.request.method) {
            sending.sentences.push_back("fetch() writes the method " + asked.request.method + " as " + request.method);
        }
        tell_ignored(sending, asked.request);
    }
    if (asked.sender != Sender::program) warn_mixed(sending, asked);
    sending.sentences.insert(sending.sentences.end(), asked.notes.begin(), asked.notes.end());
    return sending;
}

std::vector<std::string> console_of(const Case& asked, const Run& run) {
    if (asked.sender == Sender::websocket) return websocket_console(asked, run);
    if (asked.sender == Sender::program) return {};
    const std::string& method = asked.request.method;
    if (run.hearings.empty()) {
        const std::string start = "Uncaught (in promise) TypeError: Failed to execute 'fetch' on 'Window': ";
        if (cors::is_forbidden_method(method)) return {start + in_quotes(method) + " HTTP method is unsupported."};
        if (!ascii::is_token(method)) return {start + in_quotes(method) + " is not a valid HTTP method."};
        return {};
    }
    if (run.page.outcome == cors::PageOutcome::readable) {
        if (run.page.status < 400) return {};
        return {status_sentence(run.page.status)};
    }
    const bool preflight = run.page.outcome == cors::PageOutcome::preflight_failed;
    // What a preflight's answer does not name is said without the words before it.
    const bool named = run.page.blocked_by == BlockedBy::method || run.page.blocked_by == BlockedBy::header;
    return {"Access to fetch at " + in_quotes(asked.request.url) + " from origin " + in_quotes(asked.request.origin) +
            " has been blocked by CORS policy: " +
            (preflight && !named ? "Response to preflight request doesn't pass access control check: " : "") +
            cors_sentence(run.page)};
}

}  // namespace corsd::cli::explained
