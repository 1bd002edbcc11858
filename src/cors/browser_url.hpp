// URLs as far as the browser of cors/browser.hpp meets them: its page's address and the Location of a redirect.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace corsd::cors {

struct BrowserUrl {
    std::string scheme;  // lower-case
    std::string origin;  // serialized; empty unless http or https
    std::string path;    // with query, without fragment; at least "/"
    bool has_credentials = false;

    [[nodiscard]] std::string text() const { return origin + path; }
    [[nodiscard]] bool is_http() const noexcept { return !origin.empty(); }
};

/// The URL standard's parser for http(s) addresses, relative references and addresses of other schemes; dot segments
/// stay. Empty: failure. `base` is http or https.
[[nodiscard]] std::optional<BrowserUrl> parse_browser_url(std::string_view text, const BrowserUrl* base = nullptr);

/// HTML, "schemelessly same site" plus the scheme, without the public suffix list: hosts are of one site when they are
/// equal. Both are serialized origins.
[[nodiscard]] bool is_same_site(std::string_view a, std::string_view b) noexcept;

/// Secure Contexts section 3.1, "potentially trustworthy", of a serialized origin.
[[nodiscard]] bool is_trustworthy(std::string_view origin) noexcept;

}  // namespace corsd::cors
