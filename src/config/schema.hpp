// ONE table of all keys: what exists, its type, its default, what users read about it. The parser reads through it;
// hints, the JSON Schema, the reference in docs/configuration.md and the manual page come from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace corsd::config {

/// Where a key stands. `resource` has all keys of `policy` too.
enum class Section : std::uint8_t {
    root,
    listener,
    upstream,
    keepalive,
    queue,
    ejection,
    retry,
    site,
    policy,
    resource,
    limits,
    timeouts,
    paths,
    headers,
    log,
    access,
    status,
};

enum class Type : std::uint8_t {
    text,
    choice,
    boolean,
    count,  // an integer from 0
    size,
    duration,
    max_age,           // a duration in whole seconds, -1, or null
    preflight_status,  // 204 or 200
    threads,           // auto, or a count
    list,              // of texts
    star_list,         // of texts, or the scalar "*"
    inherit_list,      // of texts, or the scalar inherit
    permissions,       // a list of kPermissionNames
    group,             // a map to keys of a section of its own
    names,             // a map from names that the author chooses
    sequence,          // a list of maps
};

/// What dangerously_allow may list.
inline constexpr std::array<std::string_view, 3> kPermissionNames{"null_origin", "insecure_origin_with_credentials",
                                                                  "public_suffix_wildcard"};

enum class Support : std::uint8_t { supported, not_yet };

struct Key {
    Section section;
    std::string_view name;
    Type type;
    std::string_view fallback;  // as written in a file; for a choice all values, the default first
    std::string_view doc;       // Markdown: `code` and [links](…) relative to docs/
    Support support = Support::supported;
};

/// The whole table, by section.
[[nodiscard]] std::span<const Key> all_keys() noexcept;
/// Null when the section has no such key.
[[nodiscard]] const Key* find_key(Section section, std::string_view name) noexcept;
/// True when a key has to be given wherever its section is.
[[nodiscard]] bool is_required(const Key& key) noexcept;
/// The section of the keys below a `group`, a `names` or a `sequence`; nothing when plain lists stand there (groups).
[[nodiscard]] std::optional<Section> section_below(const Key& key) noexcept;
/// "the top level", "a site", … for messages.
[[nodiscard]] std::string_view describe(Section section) noexcept;
/// "a list", "true or false", … for messages.
[[nodiscard]] std::string_view describe(Type type) noexcept;

/// What the author of an unknown key may have meant: our spelling of another product's key, the right place, or the
/// nearest key. Empty when there is no idea.
[[nodiscard]] std::string suggest_key(Section section, std::string_view unknown);

/// Our key for what Flask-CORS, the Gateway API, Envoy, Kong, Traefik or expressjs call otherwise; empty for none.
struct ForeignKey {
    std::string_view theirs;  // lower-case, without - and _
    std::string_view ours;    // a key of a resource; or a whole sentence when there is none
    std::string_view product;
};
[[nodiscard]] const ForeignKey* find_foreign(std::string_view spelling);

}  // namespace corsd::config
