#include "http/trailers.hpp"

#include <algorithm>
#include <iterator>

#include "base/ascii.hpp"
#include "http/field.hpp"

namespace corsd::http {

bool may_trail(std::string_view name) noexcept {
    constexpr std::string_view kPrefixes[] = {"content-", "if-", "proxy-", "sec-", "accept-"};
    constexpr std::string_view kNames[] = {"authorization", "cache-control",    "set-cookie", "set-cookie2",
                                           "range",         "www-authenticate", "age",        "expires",
                                           "max-forwards",  "pragma",           "accept",     "retry-after",
                                           "warning",       "referer",          "user-agent"};
    // All that corsd acts upon, and what could pass for it where '_' and '-' are one.
    if (field_id(name) != FieldId::other || name.find('_') != std::string_view::npos) return false;
    return std::none_of(std::begin(kPrefixes), std::end(kPrefixes),
                        [name](std::string_view prefix) { return ascii::starts_with_lower(name, prefix); }) &&
           std::none_of(std::begin(kNames), std::end(kNames),
                        [name](std::string_view known) { return ascii::equals_lower(name, known); });
}

void append_trailers(std::string& out, std::string_view section, const ConnectionNames& names) {
    while (!section.empty()) {
        const std::string_view line = section.substr(0, section.find('\n') + 1);
        section.remove_prefix(line.size());
        Field field;
        field.name = line.substr(0, line.find(':'));
        if (may_trail(field.name) && !names.removes(field)) out.append(line);
    }
}

}  // namespace corsd::http
