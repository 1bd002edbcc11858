// Comma-separated field values (RFC 9110 section 5.6.1).
#pragma once

#include <string_view>

#include "base/ascii.hpp"

namespace corsd::http {

/// Calls `visit(element)` for each non-empty element, white space trimmed; stops when it returns false. Quoted strings
/// are not special: use it for lists of tokens.
template <typename Visit>
void for_each_element(std::string_view value, Visit visit) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const auto element = ascii::trim_ows(value.substr(0, comma));
        if (!element.empty() && !visit(element)) return;
        if (comma == std::string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

/// Is `token` one of the elements, case-insensitive?
[[nodiscard]] inline bool has_token(std::string_view value, std::string_view token) noexcept {
    bool found = false;
    for_each_element(value, [&](std::string_view element) {
        found = ascii::iequals(element, token);
        return !found;
    });
    return found;
}

}  // namespace corsd::http
