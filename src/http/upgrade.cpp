#include "http/upgrade.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "http/list.hpp"

namespace corsd::http {

namespace {

/// Nobody offers as many; the bound keeps the comparison with an answer's list short.
constexpr std::size_t kMaxOffered = 8;

/// protocol = protocol-name [ "/" protocol-version ]
bool is_protocol(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    if (!ascii::is_token(text.substr(0, slash))) return false;
    return slash == std::string_view::npos || ascii::is_token(text.substr(slash + 1));
}

/// RFC 7540 section 3.2 (h2c), RFC 2817 (TLS), and what would mean the same.
bool carries_http(std::string_view protocol) noexcept {
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    constexpr std::string_view kNames[] = {"h2c", "h2", "h3", "http", "https", "tls", "ssl"};
    return std::any_of(std::begin(kNames), std::end(kNames),
                       [name](std::string_view known) { return ascii::equals_lower(name, known); });
}

}  // namespace

void append_offer(std::string& out, const RequestHead& head, const ConnectionNames& named) {
    if (head.minor == 0 || !named.has("upgrade")) return;
    std::size_t count = 0;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::upgrade) continue;
        for_each_element(field.value, [&](std::string_view protocol) {
            if (!is_protocol(protocol) || carries_http(protocol)) return true;
            if (count++ > 0) out.append(", ");
            out.append(protocol);
            return count < kMaxOffered;
        });
        if (count == kMaxOffered) return;
    }
}

bool append_accepted(std::string& out, const ResponseHead& head, std::string_view offer) {
    const std::size_t before = out.size();
    bool fits = true;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::upgrade) continue;
        for_each_element(field.value, [&](std::string_view protocol) {
            fits = fits && has_token(offer, protocol);
            if (!fits) return false;
            out.append(out.size() == before ? "" : ", ").append(protocol);
            return true;
        });
    }
    if (!fits) out.resize(before);
    return out.size() > before;
}

}  // namespace corsd::http
