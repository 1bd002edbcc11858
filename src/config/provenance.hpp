// What of a policy only its author sees: where each of its keys was written (C1), and what it permits by name. Kept
// beside the policy for `corsd check --explain`; serving never looks at it. Plain data.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/source_span.hpp"

namespace corsd::config {

/// `dangerously_allow`.
struct Permissions {
    bool null_origin = false;
    bool insecure_origin_with_credentials = false;
    bool public_suffix_wildcard = false;
};

/// The policy keys of one map of the file, and those that it inherits: a chain whose outer links are shared.
struct WrittenKeys {
    enum class Level : std::uint8_t { defaults, site_defaults, resource };
    struct Key {
        std::string_view name;  // of the schema, static; an alias under the name that it stands for
        SourceSpan span;        // of the key
    };

    Level level = Level::resource;
    std::vector<Key> keys;
    std::shared_ptr<const WrittenKeys> outer;  // null: what is not written here is built in
};

struct Provenance {
    std::shared_ptr<const WrittenKeys> written;  // null: everything is built in
    Permissions permissions;

    struct Place {
        WrittenKeys::Level level = WrittenKeys::Level::resource;
        SourceSpan span;  // unknown: built in
    };
    /// Where the effective value of a policy key was written.
    [[nodiscard]] Place place_of(std::string_view key) const noexcept {
        for (const WrittenKeys* map = written.get(); map != nullptr; map = map->outer.get()) {
            for (const WrittenKeys::Key& one : map->keys) {
                if (one.name == key) return {map->level, one.span};
            }
        }
        return {};
    }
};

}  // namespace corsd::config
