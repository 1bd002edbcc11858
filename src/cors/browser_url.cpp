#include "cors/browser_url.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/origin.hpp"

namespace corsd::cors {
namespace {

std::string folded(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), ascii::to_lower);
    return result;
}

// Scheme, authority and the rest are known: userinfo and default port off, host folded.
std::optional<BrowserUrl> from_parts(std::string_view scheme, std::string_view after_slashes) {
    BrowserUrl url;
    url.scheme = folded(scheme);
    std::string_view authority = after_slashes.substr(0, after_slashes.find_first_of("/?"));
    const std::string_view rest = after_slashes.substr(authority.size());
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        url.has_credentials = at > 0;
        authority.remove_prefix(at + 1);
    }
    const std::string usual = ":" + std::to_string(default_port(url.scheme));
    if (authority.ends_with(usual)) authority.remove_suffix(usual.size());
    url.origin = url.scheme + "://" + folded(authority);
    if (!parse_origin(url.origin)) return std::nullopt;
    url.path = std::string(rest.starts_with('/') ? "" : "/") + std::string(rest);
    return url;
}

}  // namespace

std::optional<BrowserUrl> parse_browser_url(std::string_view text, const BrowserUrl* base) {
    text = ascii::trim_ows(text.substr(0, text.find('#')));
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && is_scheme(folded(text.substr(0, colon)))) {
        const std::string_view scheme = text.substr(0, colon);
        if (!ascii::equals_lower(scheme, "http") && !ascii::equals_lower(scheme, "https")) {
            BrowserUrl url;
            url.scheme = folded(scheme);
            return url;
        }
        if (text.substr(colon, 3) != "://") return std::nullopt;
        return from_parts(scheme, text.substr(colon + 3));
    }
    if (base == nullptr) return std::nullopt;
    if (text.starts_with("//")) return from_parts(base->scheme, text.substr(2));
    BrowserUrl url = *base;
    url.has_credentials = false;
    const std::string_view path = std::string_view(base->path).substr(0, base->path.find('?'));
    if (text.starts_with('/')) {
        url.path = text;
    } else if (text.starts_with('?')) {
        url.path = std::string(path) + std::string(text);
    } else if (!text.empty()) {
        url.path = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(text);
    }
    return url;
}

bool is_same_site(std::string_view a, std::string_view b) noexcept {
    const auto one = parse_origin(a), other = parse_origin(b);
    return one && other && one->scheme == other->scheme && one->host == other->host;
}

bool is_trustworthy(std::string_view origin) noexcept {
    const auto parsed = parse_origin(origin);
    return parsed && (parsed->scheme == "https" || parsed->scheme == "wss" || is_loopback_host(parsed->host));
}

}  // namespace corsd::cors
