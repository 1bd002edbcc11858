// Which headers a page's script may set, which of them need a preflight, which of an answer's it may read:
// section 2.2.2 and 5.1 of the Fetch standard. Part of cors/browser.hpp; not on the serving path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corsd::cors {

struct HeaderLine {
    std::string name, value;
};
using HeaderLines = std::vector<HeaderLine>;

/// Section 2.2.2, "CORS-safelisted request-header".
[[nodiscard]] bool is_cors_safelisted_header(std::string_view name, std::string_view value) noexcept;
/// Section 2.2.2, "CORS-unsafe request-header names": lower-case, sorted, each once.
[[nodiscard]] std::vector<std::string> cors_unsafe_header_names(const HeaderLines& headers);
/// Section 2.2.2, "forbidden request-header": a script's wish to set it is ignored.
[[nodiscard]] bool is_forbidden_header(std::string_view name, std::string_view value) noexcept;

/// The guard of a Headers object of a request (section 5.1).
enum class HeadersGuard : unsigned char { request, request_no_cors };
/// Section 5.1, "append" for each line: what is left of a script's headers, values trimmed. Empty when one is no header
/// at all, which is a TypeError.
[[nodiscard]] std::optional<HeaderLines> guarded_headers(const HeaderLines& wanted, HeadersGuard guard);

/// Section 2.2.2, "get": all lines combined; none when there is no such header.
[[nodiscard]] std::optional<std::string> get_header(const HeaderLines& headers, std::string_view name);
/// Section 2.2.2, "extract header list values" for #method and #field-name: nothing at all when one element is no
/// token.
[[nodiscard]] std::optional<std::vector<std::string>> extract_tokens(const HeaderLines& headers, std::string_view name);
/// Are `name` and one of `names` the same, whatever their case?
[[nodiscard]] bool names_header(const std::vector<std::string>& names, std::string_view name) noexcept;

/// What of an answer's headers goes through: "CORS filtered response" (section 2.2.6) or all but the forbidden ones.
enum class HeaderFilter : unsigned char { basic, cors, cors_with_credentials };
/// Lower-case, sorted, each once.
[[nodiscard]] std::vector<std::string> visible_header_names(const HeaderLines& headers, HeaderFilter filter);

}  // namespace corsd::cors
