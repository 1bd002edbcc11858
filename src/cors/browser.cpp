#include "cors/browser.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/browser_url.hpp"

namespace corsd::cors {
namespace {

constexpr int kMostRedirects = 20;  // section 4.5, step 6

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_redirect_status(std::uint16_t status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void remove_header(HeaderLines& headers, std::string_view name) {
    headers.erase(std::remove_if(headers.begin(), headers.end(),
                                 [&](const HeaderLine& line) { return ascii::iequals(line.name, name); }),
                  headers.end());
}

// The Fetch Metadata standard, section 2.3 and 2.4: only to where nobody listens.
void add_fetch_metadata(WireRequest& wire, const std::string& origin, const std::vector<BrowserUrl>& urls,
                        const char* mode) {
    if (!is_trustworthy(urls.back().origin)) return;
    const char* site = "same-origin";
    for (const BrowserUrl& url : urls) {
        if (url.origin == origin) continue;
        site = is_same_site(url.origin, origin) ? "same-site" : "cross-site";
        if (site == std::string_view("cross-site")) break;
    }
    wire.headers.push_back({"Sec-Fetch-Site", site});
    wire.headers.push_back({"Sec-Fetch-Mode", mode});
}

/// One request of a page through sections 4.1 to 4.10, redirect by redirect.
class Fetching {
  public:
    Fetching(PageRequest request, BrowserUrl url, const Server& server, PreflightCache& cache)
        : request_(std::move(request)), urls_{std::move(url)}, server_(&server), cache_(&cache) {}

    PageResult run() {
        while (main_fetch() == Next::again) {
        }
        return result_;
    }

  private:
    enum class Next : std::uint8_t { done, again };
    enum class Tainting : std::uint8_t { basic, cors, opaque };

    Next main_fetch();
    Next http_fetch();
    Next redirect(const WireResponse& response);
    Next end(PageOutcome outcome, BlockedBy by = BlockedBy::other);
    void show(const WireResponse& response);
    [[nodiscard]] const BrowserUrl& current() const noexcept { return urls_.back(); }
    [[nodiscard]] bool at_home(const BrowserUrl& url) const noexcept { return url.origin == request_.origin; }
    [[nodiscard]] bool includes_credentials() const noexcept {
        return request_.credentials == CredentialsMode::include;
    }
    [[nodiscard]] std::string serialized_origin() const;
    [[nodiscard]] PreflightKey cache_key() const;
    [[nodiscard]] bool knows_permission() const;
    [[nodiscard]] const char* mode_name() const noexcept;
    [[nodiscard]] WireRequest preflight() const;
    [[nodiscard]] WireRequest actual() const;
    [[nodiscard]] BlockedBy cors_check(const WireResponse& response) const;
    [[nodiscard]] BlockedBy judge_preflight(const WireResponse& response);
    [[nodiscard]] bool resource_policy_allows(const WireResponse& response) const;

    PageRequest request_;
    std::vector<BrowserUrl> urls_;
    const Server* server_;
    PreflightCache* cache_;
    Tainting tainting_ = Tainting::basic;
    bool sent_ = false;
    bool by_permission_ = false;  // some request of it needed a preflight, remembered or not
    PageResult result_;
};

// A network error, or a response that shows nothing; a TypeError is told apart by how far things went.
Fetching::Next Fetching::end(PageOutcome outcome, BlockedBy by) {
    result_.outcome = outcome;
    result_.blocked_by = by;
    if (by_permission_ && outcome != PageOutcome::opaque) cache_->forget(cache_key());  // 4.1, step 12
    return Next::done;
}

// Section 2.2.5, "redirect-tainted origin" and "serializing a request origin".
std::string Fetching::serialized_origin() const {
    for (std::size_t i = 1; i < urls_.size(); ++i) {
        if (urls_[i].origin != urls_[i - 1].origin && !at_home(urls_[i - 1])) return "null";
    }
    return request_.origin;
}

PreflightKey Fetching::cache_key() const {
    return {serialized_origin(), current().text(),
            includes_credentials() ? Credentials::included : Credentials::omitted};
}

// Section 4.3, "HTTP fetch": nothing is asked that is known already.
bool Fetching::knows_permission() const {
    const PreflightKey key = cache_key();
    if (!is_cors_safelisted_method(request_.method) && !cache_->knows_method(key, request_.method)) return false;
    const auto names = cors_unsafe_header_names(request_.headers);
    return std::all_of(names.begin(), names.end(),
                       [&](const std::string& name) { return cache_->knows_header(key, name); });
}

const char* Fetching::mode_name() const noexcept {
    if (request_.mode == RequestMode::no_cors) return "no-cors";
    return request_.mode == RequestMode::cors ? "cors" : "same-origin";
}

// Section 4.1, step 12.
Fetching::Next Fetching::main_fetch() {
    const PageOutcome error = sent_ ? PageOutcome::response_blocked : PageOutcome::refused_by_browser;
    if (at_home(current()) && tainting_ == Tainting::basic) return http_fetch();
    if (request_.mode == RequestMode::same_origin) return end(error);
    if (request_.mode == RequestMode::no_cors) {
        if (request_.redirect != RedirectMode::follow) return end(error);
        tainting_ = Tainting::opaque;
        return http_fetch();
    }
    tainting_ = Tainting::cors;
    if (needs_preflight(request_)) {
        by_permission_ = true;
        if (!knows_permission()) {
            result_.preflighted = true;
            const BlockedBy by = judge_preflight((*server_)(preflight()));
            if (by != BlockedBy::nothing) return end(PageOutcome::preflight_failed, by);
        }
    }
    return http_fetch();
}

// Section 4.4, "HTTP fetch".
Fetching::Next Fetching::http_fetch() {
    const WireResponse response = (*server_)(actual());
    sent_ = true;
    if (tainting_ == Tainting::cors) {  // 4.4
        const BlockedBy by = cors_check(response);
        if (by != BlockedBy::nothing) return end(PageOutcome::response_blocked, by);
    }
    if (tainting_ == Tainting::opaque && !resource_policy_allows(response)) {  // 5
        return end(PageOutcome::response_blocked);
    }
    if (is_redirect_status(response.status)) {  // 6
        switch (request_.redirect) {
            case RedirectMode::error:
                return end(PageOutcome::response_blocked);
            case RedirectMode::manual:
                result_.type = ResponseType::opaque_redirect;
                return end(PageOutcome::opaque, BlockedBy::nothing);
            case RedirectMode::follow:
                return redirect(response);
        }
    }
    show(response);
    return Next::done;
}

// Section 4.5, "HTTP-redirect fetch".
Fetching::Next Fetching::redirect(const WireResponse& response) {
    const auto location = get_header(response.headers, "Location");
    if (!location) {  // 3
        show(response);
        return Next::done;
    }
    auto next = parse_browser_url(*location, &current());
    if (!next || !next->is_http()) return end(PageOutcome::response_blocked);                  // 4, 5
    if (urls_.size() > kMostRedirects) return end(PageOutcome::response_blocked);              // 6
    if (next->has_credentials && (tainting_ == Tainting::cors ||                               // 9
                                  (request_.mode == RequestMode::cors && !at_home(*next)))) {  // 8
        return end(PageOutcome::response_blocked);
    }
    const std::uint16_t status = response.status;
    const bool to_get = ((status == 301 || status == 302) && request_.method == "POST") ||
                        (status == 303 && request_.method != "GET" && request_.method != "HEAD");
    if (to_get) {  // 11
        request_.method = "GET";
        request_.body.reset();
        for (const char* name : {"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}) {
            remove_header(request_.headers, name);
        }
    }
    if (next->origin != current().origin) remove_header(request_.headers, "Authorization");  // 12
    urls_.push_back(std::move(*next));                                                       // 18
    return Next::again;
}

// Section 2.2.6: the filtered response.
void Fetching::show(const WireResponse& response) {
    if (tainting_ == Tainting::opaque) {
        result_.type = ResponseType::opaque;
        result_.outcome = PageOutcome::opaque;
        return;
    }
    result_.outcome = PageOutcome::readable;
    result_.type = tainting_ == Tainting::basic ? ResponseType::basic : ResponseType::cors;
    result_.status = response.status;
    result_.redirected = urls_.size() > 1;
    const HeaderFilter filter = tainting_ == Tainting::basic ? HeaderFilter::basic
                                : includes_credentials()     ? HeaderFilter::cors_with_credentials
                                                             : HeaderFilter::cors;
    result_.visible_headers = visible_header_names(response.headers, filter);
}

// Section 4.8, "CORS-preflight fetch", steps 1 to 5.
WireRequest Fetching::preflight() const {
    WireRequest wire{"OPTIONS",
                     current().text(),
                     {{"Origin", serialized_origin()}, {"Access-Control-Request-Method", request_.method}}};
    std::string value;
    for (const std::string& name : cors_unsafe_header_names(request_.headers)) {
        value += (value.empty() ? "" : ",") + name;
    }
    if (!value.empty()) wire.headers.push_back({"Access-Control-Request-Headers", std::move(value)});
    add_fetch_metadata(wire, request_.origin, urls_, "cors");
    return wire;
}

// Section 4.6, "HTTP-network-or-cache fetch", and section 3.2, "append a request Origin header", with the usual
// referrer policy.
WireRequest Fetching::actual() const {
    WireRequest wire{request_.method, current().text(), request_.headers};
    if (tainting_ == Tainting::cors) {
        wire.headers.push_back({"Origin", serialized_origin()});
    } else if (request_.method != "GET" && request_.method != "HEAD") {
        const bool downgrade = request_.origin.starts_with("https:") && current().scheme == "http";
        wire.headers.push_back({"Origin", downgrade ? "null" : serialized_origin()});
    }
    add_fetch_metadata(wire, request_.origin, urls_, mode_name());
    return wire;
}

// Section 4.10, "CORS check".
BlockedBy Fetching::cors_check(const WireResponse& response) const {
    const auto origin = get_header(response.headers, "Access-Control-Allow-Origin");
    if (!origin) return BlockedBy::allow_origin_missing;
    if (!includes_credentials() && *origin == "*") return BlockedBy::nothing;
    if (*origin != serialized_origin()) {
        return *origin == "*" ? BlockedBy::wildcard_with_credentials : BlockedBy::allow_origin_differs;
    }
    if (!includes_credentials()) return BlockedBy::nothing;
    const auto credentials = get_header(response.headers, "Access-Control-Allow-Credentials");
    return credentials == std::optional<std::string>("true") ? BlockedBy::nothing : BlockedBy::allow_credentials;
}

// Section 4.8, step 7.
BlockedBy Fetching::judge_preflight(const WireResponse& response) {
    if (const BlockedBy by = cors_check(response); by != BlockedBy::nothing) return by;
    if (response.status < 200 || response.status > 299) return BlockedBy::preflight_status;
    const auto methods = extract_tokens(response.headers, "Access-Control-Allow-Methods");  // 7.1
    const auto names = extract_tokens(response.headers, "Access-Control-Allow-Headers");    // 7.2
    if (!methods || !names) return BlockedBy::preflight_syntax;                             // 7.3
    const bool include = includes_credentials();
    if (!contains(*methods, request_.method) && !is_cors_safelisted_method(request_.method) &&  // 7.5
        (include || !contains(*methods, "*"))) {
        result_.culprit = request_.method;
        return BlockedBy::method;
    }
    for (const HeaderLine& line : request_.headers) {  // 7.6
        if (!ascii::iequals(line.name, "Authorization") || names_header(*names, "Authorization")) continue;
        result_.culprit = "authorization";
        return BlockedBy::header;
    }
    for (const std::string& name : cors_unsafe_header_names(request_.headers)) {  // 7.7
        if (names_header(*names, name) || (!include && contains(*names, "*"))) continue;
        result_.culprit = name;
        return BlockedBy::header;
    }
    const auto max_age = get_header(response.headers, "Access-Control-Max-Age");
    cache_->remember(cache_key(), max_age.value_or(""), *methods, *names);  // 7.8 to 7.15
    return BlockedBy::nothing;
}

// Section 3.7, "cross-origin resource policy internal check".
bool Fetching::resource_policy_allows(const WireResponse& response) const {
    const auto policy = get_header(response.headers, "Cross-Origin-Resource-Policy");
    if (policy == std::optional<std::string>("same-origin")) return at_home(current());
    if (policy == std::optional<std::string>("same-site")) {
        return at_home(current()) || is_same_site(request_.origin, current().origin);
    }
    return true;
}

// Section 5.4, "Request constructor": false for a TypeError.
bool construct(PageRequest& request, const BrowserUrl& url) {
    if (url.has_credentials) return false;                                                      // 5.3
    if (!ascii::is_token(request.method) || is_forbidden_method(request.method)) return false;  // 25.1
    request.method = normalized_method(request.method);                                         // 25.3
    const bool no_cors = request.mode == RequestMode::no_cors;
    if (no_cors && !is_cors_safelisted_method(request.method)) return false;  // 32.1
    auto headers = guarded_headers(request.headers, no_cors ? HeadersGuard::request_no_cors : HeadersGuard::request);
    if (!headers) return false;  // 33.4
    request.headers = std::move(*headers);
    if (!request.body) return true;
    if (request.method == "GET" || request.method == "HEAD") return false;  // 35
    if (!get_header(request.headers, "Content-Type")) {                     // 37.4
        request.headers.push_back({"Content-Type", "text/plain;charset=UTF-8"});
    }
    return true;
}

}  // namespace

bool is_cors_safelisted_method(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "POST";
}

std::string normalized_method(std::string_view method) {
    for (const std::string_view known : {"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}) {
        if (ascii::iequals(method, known)) return std::string(known);
    }
    return std::string(method);
}

bool needs_preflight(const PageRequest& request) {
    return !is_cors_safelisted_method(request.method) || !cors_unsafe_header_names(request.headers).empty();
}

PageResult fetch(const PageRequest& request, const Server& server) {
    PreflightCache empty;
    return fetch(request, server, empty);
}

PageResult fetch(const PageRequest& request, const Server& server, PreflightCache& cache) {
    const auto url = parse_browser_url(request.url);
    PageRequest constructed = request;
    if (!url || !url->is_http() || !construct(constructed, *url)) {
        PageResult refused;
        refused.blocked_by = BlockedBy::request;
        return refused;
    }
    return Fetching(std::move(constructed), *url, server, cache).run();
}

bool websocket_opens(const std::string& origin, const std::string& url, const Server& server) {
    const auto parsed = parse_browser_url(url);
    if (!parsed || !parsed->is_http()) return false;
    WireRequest wire{"GET", parsed->text(), {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Origin", origin}}};
    add_fetch_metadata(wire, origin, {*parsed}, "websocket");
    return server(wire).status == 101;
}

}  // namespace corsd::cors
