#include "cli/explain_har.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/ascii.hpp"
#include "cors/browser_url.hpp"
#include "cors/origin.hpp"

namespace corsd::cli::explained {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// Chromium nests the stack of who began a request.
constexpr std::size_t kMostDepth = 512;

[[nodiscard]] const value* member(const object* from, std::string_view name) noexcept {
    return from == nullptr ? nullptr : from->if_contains(name);
}

[[nodiscard]] std::string text_of(const object* from, std::string_view name) {
    const value* found = member(from, name);
    const boost::json::string* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

[[nodiscard]] const object* object_of(const value* from) noexcept {
    return from == nullptr ? nullptr : from->if_object();
}

[[nodiscard]] const array* array_of(const object* from, std::string_view name) noexcept {
    const value* found = member(from, name);
    return found == nullptr ? nullptr : found->if_array();
}

/// Is the URL one of this corsd's, as browsers call it?
[[nodiscard]] bool is_ours(const std::string& text, const config::Snapshot& snapshot) {
    const auto url = cors::parse_browser_url(text);
    const auto origin = url ? cors::parse_origin(url->origin) : std::nullopt;
    if (!origin) return false;
    const std::string host(origin->host);
    const auto found = snapshot.match(host);
    if (found.site == nullptr) return false;
    const cors::OwnOrigin own = found.site->own_origin(found.how, host, {});
    if (own.known == cors::OwnOrigin::Known::guessed) return true;
    return own.scheme == origin->scheme && own.host == origin->host && own.port == origin->port;
}

[[nodiscard]] std::optional<Wanted> wanted_of(const value& entry) {
    const object* request = object_of(member(entry.if_object(), "request"));
    if (request == nullptr) return std::nullopt;
    Wanted wanted;
    wanted.url = text_of(request, "url");
    wanted.method = text_of(request, "method");
    if (take_websocket_scheme(wanted.url)) wanted.sender = Sender::websocket;
    const array* headers = array_of(request, "headers");
    if (headers == nullptr) return wanted;
    for (const value& one : *headers) {
        const object* line = one.if_object();
        const std::string name = text_of(line, "name");
        // HTTP/2's own, and what no header is.
        if (ascii::is_token(name)) wanted.headers.push_back(name + ": " + text_of(line, "value"));
    }
    return wanted;
}

[[nodiscard]] bool concerns_cors(const Case& one) {
    if (one.sender == Sender::websocket) return true;
    const auto url = cors::parse_browser_url(one.request.url);
    return one.sender == Sender::page && url && url->origin != one.request.origin;
}

/// What makes two entries the same case. Values of headers count only by whether they need a preflight.
[[nodiscard]] std::string key_of(const Case& one) {
    std::string key = one.request.origin + " " + one.request.method + " " + one.request.url + " " +
                      std::to_string(static_cast<int>(one.sender));
    for (const std::string& name : cors::cors_unsafe_header_names(one.request.headers))
        key += " " + name;
    return key;
}

}  // namespace

HarRead read_har(std::string_view text, const config::Snapshot& snapshot) {
    HarRead result;
    boost::json::parse_options options;
    options.max_depth = kMostDepth;
    boost::json::error_code error;
    const value root = boost::json::parse({text.data(), text.size()}, error, {}, options);
    const array* entries = array_of(object_of(member(root.if_object(), "log")), "entries");
    if (error || entries == nullptr) {
        result.problem = error ? "it is not JSON: " + error.message() : "it has no log.entries, so it is no HAR file";
        return result;
    }
    std::unordered_map<std::string, std::size_t> seen;
    result.entries = entries->size();
    for (const value& entry : *entries) {
        auto wanted = wanted_of(entry);
        if (!wanted || !is_ours(wanted->url, snapshot)) continue;
        const bool preflight = wanted->method == "OPTIONS";
        CaseRead read = case_seen(std::move(*wanted), snapshot.config());
        if (!read.found || !concerns_cors(*read.found)) continue;
        const auto [same, is_new] = seen.emplace(key_of(*read.found), result.cases.size());
        if (is_new) {
            result.cases.push_back(std::move(*read.found));
        } else if (!preflight) {
            // The request itself says more than its preflight, which came before.
            result.cases[same->second] = std::move(*read.found);
        }
    }
    return result;
}

}  // namespace corsd::cli::explained
