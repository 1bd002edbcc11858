#include "http/field.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ascii.hpp"

namespace corsd::http {

namespace {

struct KnownName {
    std::string_view name;  // lower-case
    FieldId id;
};

constexpr KnownName kKnown[] = {
    {"host", FieldId::host},
    {"origin", FieldId::origin},
    {"content-length", FieldId::content_length},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"content-type", FieldId::content_type},
    {"expect", FieldId::expect},
    {"upgrade", FieldId::upgrade},
    {"date", FieldId::date},
    {"server", FieldId::server},
    {"via", FieldId::via},
    {"vary", FieldId::vary},
    {"location", FieldId::location},
    {"cookie", FieldId::cookie},
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-connection", FieldId::proxy_connection},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"forwarded", FieldId::forwarded},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"access-control-request-method", FieldId::access_control_request_method},
    {"access-control-request-headers", FieldId::access_control_request_headers},
    {"access-control-request-private-network", FieldId::access_control_request_private_network},
    {"sec-fetch-site", FieldId::sec_fetch_site},
    {"sec-fetch-mode", FieldId::sec_fetch_mode},
    {"x-http-method-override", FieldId::method_override},
    {"x-http-method", FieldId::method_override},
    {"x-method-override", FieldId::method_override},
    {"access-control-allow-origin", FieldId::access_control_allow_origin},
    {"access-control-allow-credentials", FieldId::access_control_allow_credentials},
    {"access-control-expose-headers", FieldId::access_control_expose_headers},
    {"access-control-max-age", FieldId::access_control_other},
    {"timing-allow-origin", FieldId::timing_allow_origin},
};

constexpr std::size_t kLongest = 38;
constexpr std::string_view kAllowPrefix = "access-control-allow-";
constexpr std::string_view kForwardedPrefix = "x-forwarded-";

/// The known names in order of their length, and where each length starts: a name is compared with the few of its own
/// length.
struct ByLength {
    std::array<KnownName, std::size(kKnown)> names{};
    std::array<std::uint8_t, kLongest + 2> begin{};
};

constexpr ByLength kByLength = [] {
    ByLength index{};
    std::uint8_t at = 0;
    for (std::size_t length = 0; length <= kLongest; ++length) {
        index.begin[length] = at;
        for (const auto& known : kKnown) {
            if (known.name.size() == length) index.names[at++] = known;
        }
    }
    index.begin[kLongest + 1] = at;
    return index;
}();
static_assert(kByLength.begin[kLongest + 1] == std::size(kKnown), "kLongest is too small");

/// Is `name` the known name `lower`, of the same length? Eight bytes at once. Bit 5, which tells the case of a letter,
/// is set only where the known byte is a letter (bit 6): a '-' matches nothing but itself.
bool same_name(std::string_view name, std::string_view lower) noexcept {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    const auto differ = [&](std::size_t at) {
        std::uint64_t a, b;
        std::memcpy(&a, name.data() + at, kWord);
        std::memcpy(&b, lower.data() + at, kWord);
        return (a | ((b & 0x4040404040404040U) >> 1)) != b;
    };
    if (name.size() < kWord) return ascii::equals_lower(name, lower);
    for (std::size_t at = 0; at + kWord <= name.size(); at += kWord) {
        if (differ(at)) return false;
    }
    return !differ(name.size() - kWord);
}

bool goes_on_from(std::string_view name, std::string_view lower) noexcept {
    return name.size() > lower.size() && ascii::starts_with_lower(name, lower);
}

}  // namespace

FieldId field_id(std::string_view name) noexcept {
    if (name.empty()) return FieldId::other;
    const char first = ascii::to_lower(name.front());
    const char last = ascii::to_lower(name.back());
    if (name.size() <= kLongest) {
        for (std::size_t i = kByLength.begin[name.size()]; i < kByLength.begin[name.size() + 1]; ++i) {
            const auto& known = kByLength.names[i];
            // First and last byte tell most names of a length apart.
            if (known.name.front() == first && known.name.back() == last && same_name(name, known.name)) {
                return known.id;
            }
        }
    }
    if (first == 'a' && goes_on_from(name, kAllowPrefix)) return FieldId::access_control_other;
    if (first == 'x' && goes_on_from(name, kForwardedPrefix)) return FieldId::x_forwarded_other;
    return FieldId::other;
}

}  // namespace corsd::http
