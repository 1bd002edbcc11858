#include "cors/browser.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

std::string folded(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), ascii::to_lower);
    return result;
}

// Section 2.2.2, "CORS-unsafe request-header byte".
bool is_unsafe_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) return byte != 0x09;
    return byte == 0x7f || std::string_view("\"():<>?@[\\]{}").find(c) != std::string_view::npos;
}

bool has_unsafe_byte(std::string_view value) noexcept {
    return std::any_of(value.begin(), value.end(), is_unsafe_byte);
}

// Section 2.2.2 for Accept-Language and Content-Language.
bool is_language_value(std::string_view value) noexcept {
    return std::all_of(value.begin(), value.end(), [](char c) {
        return ascii::is_alnum(c) || std::string_view(" *,-.;=").find(c) != std::string_view::npos;
    });
}

// MIME Sniffing section 4.4, as far as the essence goes.
std::string mime_essence(std::string_view value) {
    const std::string_view type = ascii::trim_ows(value.substr(0, value.find(';')));
    const std::size_t slash = type.find('/');
    if (slash == std::string_view::npos || !ascii::is_token(type.substr(0, slash)) ||
        !ascii::is_token(type.substr(slash + 1))) {
        return {};
    }
    return folded(type);
}

// Section 2.2.2, "single range header value" without a missing start, as the safelist wants it.
bool is_simple_range(std::string_view value) noexcept {
    constexpr std::string_view kUnit = "bytes=";
    if (value.substr(0, kUnit.size()) != kUnit) return false;
    value.remove_prefix(kUnit.size());
    const std::size_t dash = value.find('-');
    if (dash == std::string_view::npos || dash == 0) return false;
    const std::string_view first = value.substr(0, dash), last = value.substr(dash + 1);
    if (!std::all_of(first.begin(), first.end(), ascii::is_digit)) return false;
    if (!std::all_of(last.begin(), last.end(), ascii::is_digit)) return false;
    const auto significant = [](std::string_view digits) {
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        return digits;
    };
    const std::string_view a = significant(first), b = significant(last);
    return last.empty() || a.size() < b.size() || (a.size() == b.size() && a <= b);
}

// Section 2.2.2, "get": all lines combined; none when there is no such header.
std::optional<std::string> get(const HeaderLines& headers, std::string_view name) {
    std::optional<std::string> value;
    for (const HeaderLine& line : headers) {
        if (!ascii::iequals(line.name, name)) continue;
        if (value) {
            *value += ", " + line.value;
        } else {
            value = line.value;
        }
    }
    return value;
}

// Section 2.2.2, "extract header list values" for #method and #field-name: nothing at all when one element is no token.
std::optional<std::vector<std::string>> extract_tokens(const HeaderLines& headers, std::string_view name) {
    const auto value = get(headers, name);
    std::vector<std::string> tokens;
    if (!value) return tokens;
    for (std::string_view rest = *value; !rest.empty();) {
        const std::string_view element = rest.substr(0, rest.find(','));
        const std::string_view token = ascii::trim_ows(element);
        if (!token.empty() && !ascii::is_token(token)) return std::nullopt;
        if (!token.empty()) tokens.emplace_back(token);
        rest.remove_prefix(std::min(rest.size(), element.size() + 1));
    }
    return tokens;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// Section 4.10, "CORS check".
bool cors_check(const PageRequest& request, const WireResponse& response) {
    const auto origin = get(response.headers, "Access-Control-Allow-Origin");
    if (!origin) return false;
    const bool include = request.credentials == Credentials::included;
    if (!include && *origin == "*") return true;
    if (*origin != request.origin) return false;
    if (!include) return true;
    return get(response.headers, "Access-Control-Allow-Credentials") == std::optional<std::string>("true");
}

// Section 4.9, "CORS-preflight fetch", step 7.
bool preflight_passes(const PageRequest& request, const WireResponse& response) {
    if (!cors_check(request, response) || response.status < 200 || response.status > 299) return false;
    auto methods = extract_tokens(response.headers, "Access-Control-Allow-Methods");      // 7.1
    const auto names = extract_tokens(response.headers, "Access-Control-Allow-Headers");  // 7.2
    if (!methods || !names) return false;                                                 // 7.3
    const bool include = request.credentials == Credentials::included;
    if (!contains(*methods, request.method) && !is_cors_safelisted_method(request.method) &&  // 7.5
        (include || !contains(*methods, "*"))) {
        return false;
    }
    const auto listed = [&](std::string_view name) {
        return std::any_of(names->begin(), names->end(),
                           [&](const std::string& one) { return ascii::iequals(one, name); });
    };
    for (const HeaderLine& line : request.headers) {  // 7.6
        if (ascii::iequals(line.name, "Authorization") && !listed("authorization")) return false;
    }
    for (const std::string& name : cors_unsafe_header_names(request.headers)) {  // 7.7
        if (!listed(name) && (include || !contains(*names, "*"))) return false;
    }
    return true;
}

// Section 4.9, steps 1 to 5: what the preflight looks like.
WireRequest preflight_of(const PageRequest& request) {
    WireRequest preflight{"OPTIONS", {{"Origin", request.origin}, {"Access-Control-Request-Method", request.method}}};
    std::string value;
    for (const std::string& name : cors_unsafe_header_names(request.headers)) {
        value += (value.empty() ? "" : ",") + name;
    }
    if (!value.empty()) preflight.headers.push_back({"Access-Control-Request-Headers", std::move(value)});
    return preflight;
}

// Section 2.2.6, "CORS filtered response": the safelist, and what the server exposes.
std::vector<std::string> visible_headers(const PageRequest& request, const WireResponse& response) {
    static constexpr std::string_view kSafelist[] = {
        "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"};
    const auto exposed = extract_tokens(response.headers, "Access-Control-Expose-Headers");
    const bool all = exposed && request.credentials == Credentials::omitted && contains(*exposed, "*");
    std::vector<std::string> names;
    for (const HeaderLine& line : response.headers) {
        std::string name = folded(line.name);
        if (name == "set-cookie" || name == "set-cookie2") continue;  // "forbidden response-header name"
        const bool safe = std::find(std::begin(kSafelist), std::end(kSafelist), name) != std::end(kSafelist);
        const bool named = exposed && std::any_of(exposed->begin(), exposed->end(),
                                                  [&](const std::string& one) { return ascii::iequals(one, name); });
        if (all || safe || named) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
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

bool is_cors_safelisted_header(std::string_view name, std::string_view value) noexcept {
    if (value.size() > 128) return false;
    if (ascii::equals_lower(name, "accept")) return !has_unsafe_byte(value);
    if (ascii::equals_lower(name, "accept-language") || ascii::equals_lower(name, "content-language")) {
        return is_language_value(value);
    }
    if (ascii::equals_lower(name, "content-type")) {
        if (has_unsafe_byte(value)) return false;
        const std::string essence = mime_essence(value);
        return essence == "application/x-www-form-urlencoded" || essence == "multipart/form-data" ||
               essence == "text/plain";
    }
    return ascii::equals_lower(name, "range") && is_simple_range(value);
}

std::vector<std::string> cors_unsafe_header_names(const HeaderLines& headers) {
    std::vector<std::string> unsafe, safe;
    std::size_t safe_bytes = 0;
    for (const HeaderLine& line : headers) {
        if (is_cors_safelisted_header(line.name, line.value)) {
            safe.push_back(folded(line.name));
            safe_bytes += line.value.size();
        } else {
            unsafe.push_back(folded(line.name));
        }
    }
    if (safe_bytes > 1024) unsafe.insert(unsafe.end(), safe.begin(), safe.end());
    std::sort(unsafe.begin(), unsafe.end());
    unsafe.erase(std::unique(unsafe.begin(), unsafe.end()), unsafe.end());
    return unsafe;
}

bool needs_preflight(const PageRequest& request) {
    return !is_cors_safelisted_method(request.method) || !cors_unsafe_header_names(request.headers).empty();
}

PageResult fetch(PageRequest request, const Server& server) {
    // Section 5.4, "Request constructor", step 25: forbidden methods throw, others are normalized.
    for (const std::string_view forbidden : {"CONNECT", "TRACE", "TRACK"}) {
        if (ascii::iequals(request.method, forbidden)) return {PageOutcome::refused_by_browser, false, 0, {}};
    }
    if (!ascii::is_token(request.method)) return {PageOutcome::refused_by_browser, false, 0, {}};
    request.method = normalized_method(request.method);

    PageResult result;
    result.preflighted = needs_preflight(request);
    if (result.preflighted && !preflight_passes(request, server(preflight_of(request)))) {
        result.outcome = PageOutcome::preflight_failed;
        return result;
    }
    // Section 4.6, "HTTP-network-or-cache fetch": Origin goes on every request of mode "cors" to another origin
    // (section 3.2).
    WireRequest actual{request.method, request.headers};
    actual.headers.push_back({"Origin", request.origin});
    const WireResponse response = server(actual);
    result.status = response.status;
    if (!cors_check(request, response)) {  // Section 4.4, step 4.5
        result.outcome = PageOutcome::response_blocked;
        return result;
    }
    result.visible_headers = visible_headers(request, response);
    return result;
}

}  // namespace corsd::cors
