#include "cors/browser_headers.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/token_set.hpp"

namespace corsd::cors {
namespace {

std::string folded(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), ascii::to_lower);
    return result;
}

template <std::size_t count>
bool is_among(std::string_view name, const std::string_view (&lower)[count]) noexcept {
    return std::any_of(std::begin(lower), std::end(lower),
                       [&](std::string_view one) { return ascii::equals_lower(name, one); });
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

// Section 2.2.2, "no-CORS-safelisted request-header".
bool is_no_cors_safelisted(std::string_view name, std::string_view value) noexcept {
    static constexpr std::string_view kNames[] = {"accept", "accept-language", "content-language", "content-type"};
    return is_among(name, kNames) && is_cors_safelisted_header(name, value);
}

// Section 2.2.2, "normalize" and "header value".
bool is_header_value(std::string_view value) noexcept {
    return value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

}  // namespace

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

bool is_forbidden_header(std::string_view name, std::string_view value) noexcept {
    static constexpr std::string_view kNames[] = {"accept-charset",
                                                  "accept-encoding",
                                                  "access-control-request-headers",
                                                  "access-control-request-method",
                                                  "connection",
                                                  "content-length",
                                                  "cookie",
                                                  "cookie2",
                                                  "date",
                                                  "dnt",
                                                  "expect",
                                                  "host",
                                                  "keep-alive",
                                                  "origin",
                                                  "referer",
                                                  "set-cookie",
                                                  "te",
                                                  "trailer",
                                                  "transfer-encoding",
                                                  "upgrade",
                                                  "via"};
    static constexpr std::string_view kOverrides[] = {"x-http-method", "x-http-method-override", "x-method-override"};
    if (is_among(name, kNames)) return true;
    if (ascii::equals_lower(name.substr(0, 6), "proxy-") || ascii::equals_lower(name.substr(0, 4), "sec-")) return true;
    if (!is_among(name, kOverrides)) return false;
    for (std::string_view rest = value; !rest.empty();) {
        const std::string_view element = rest.substr(0, rest.find(','));
        if (is_forbidden_method(ascii::trim_ows(element))) return true;
        rest.remove_prefix(std::min(rest.size(), element.size() + 1));
    }
    return false;
}

std::optional<HeaderLines> guarded_headers(const HeaderLines& wanted, HeadersGuard guard) {
    HeaderLines kept;
    for (const HeaderLine& line : wanted) {
        const std::string_view value = ascii::trim_ows(line.value);
        if (!ascii::is_token(line.name) || !is_header_value(value)) return std::nullopt;
        if (is_forbidden_header(line.name, value)) continue;
        if (guard == HeadersGuard::request_no_cors) {
            const auto before = get_header(kept, line.name);
            const std::string together = before ? *before + ", " + std::string(value) : std::string(value);
            if (!is_no_cors_safelisted(line.name, together)) continue;
        }
        kept.push_back({line.name, std::string(value)});
    }
    return kept;
}

std::optional<std::string> get_header(const HeaderLines& headers, std::string_view name) {
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

std::optional<std::vector<std::string>> extract_tokens(const HeaderLines& headers, std::string_view name) {
    const auto value = get_header(headers, name);
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

bool names_header(const std::vector<std::string>& names, std::string_view name) noexcept {
    return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return ascii::iequals(one, name); });
}

std::vector<std::string> visible_header_names(const HeaderLines& headers, HeaderFilter filter) {
    static constexpr std::string_view kSafelist[] = {
        "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"};
    static constexpr std::string_view kForbidden[] = {"set-cookie", "set-cookie2"};
    const auto exposed = extract_tokens(headers, "Access-Control-Expose-Headers");
    const bool star = exposed && std::find(exposed->begin(), exposed->end(), "*") != exposed->end();
    const bool all = filter == HeaderFilter::basic || (filter == HeaderFilter::cors && star);
    std::vector<std::string> names;
    for (const HeaderLine& line : headers) {
        if (is_among(line.name, kForbidden)) continue;
        const bool named = exposed && names_header(*exposed, line.name);
        if (all || named || is_among(line.name, kSafelist)) names.push_back(folded(line.name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace corsd::cors
