#include "http/hop_by_hop.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "http/list.hpp"

namespace corsd::http {

namespace {

/// More names than any sender has use for; beyond, they are not looked at, so that a head costs a bounded number of
/// comparisons.
constexpr std::size_t kMaxNames = 100;

/// Fields that decide policy, framing or identity: a sender that could take them out of a message by naming them in
/// Connection could choose which of two readers sees them (RFC 9110 section 7.6.1 forbids a sender to list them). All
/// that field_id knows is kept; of the rest:
bool is_protected_name(std::string_view name) noexcept {
    constexpr std::string_view kNames[] = {"authorization",    "set-cookie",       "cache-control",
                                           "content-encoding", "content-range",    "content-location",
                                           "content-language", "www-authenticate", "etag",
                                           "referer",          "x-real-ip",        "strict-transport-security"};
    constexpr std::string_view kPrefixes[] = {"sec-", "access-control-", "cross-origin-"};
    return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                       [name](std::string_view prefix) { return ascii::starts_with_lower(name, prefix); }) ||
           std::any_of(std::begin(kNames), std::end(kNames),
                       [name](std::string_view known) { return ascii::equals_lower(name, known); });
}

}  // namespace

void ConnectionNames::read(const std::vector<Field>& fields) {
    names_.clear();
    for (const auto& field : fields) {
        // The one name that nearly everybody lists is hop-by-hop by itself.
        if (field.id != FieldId::connection || ascii::equals_lower(field.value, "keep-alive")) continue;
        read(field.value);
    }
}

void ConnectionNames::read(std::string_view value) {
    for_each_element(value, [this](std::string_view name) {
        if (names_.size() == kMaxNames) return false;
        names_.push_back(name);
        return true;
    });
}

void ConnectionNames::copy_to(std::string& out) const {
    for (const std::string_view name : names_)
        out.append(out.empty() ? "" : ",").append(name);
}

bool ConnectionNames::removes(const Field& field) const noexcept {
    switch (field.id) {
        case FieldId::connection:
        case FieldId::keep_alive:
        case FieldId::proxy_connection:
        case FieldId::te:
        case FieldId::trailer:
        case FieldId::transfer_encoding:
        case FieldId::upgrade:
        case FieldId::proxy_authenticate:
        case FieldId::proxy_authorization:
            return true;
        case FieldId::other:
            break;
        default:
            return false;
    }
    const bool named = std::any_of(names_.begin(), names_.end(),
                                   [&](std::string_view name) { return ascii::iequals(name, field.name); });
    return named && !is_protected_name(field.name);
}

bool ConnectionNames::has(std::string_view lower_name) const noexcept {
    return std::any_of(names_.begin(), names_.end(),
                       [&](std::string_view name) { return ascii::equals_lower(name, lower_name); });
}

}  // namespace corsd::http
