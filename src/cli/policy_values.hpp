// The values of an effective policy, key by key, as the schema names them. Pure, any thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace corsd::cli {

/// What governs some paths, and where its keys were written.
struct Governed {
    const cors::Governed* governed;
    const config::Provenance* provenance;  // of the first entry; the others follow
    bool by_no_resource = false;           // C6
};
[[nodiscard]] Governed governed_by(const config::Resource& resource) noexcept;
[[nodiscard]] Governed governed_by_no_resource(const config::Site& site) noexcept;

struct PolicyValue {
    std::string_view key;
    boost::json::value value;  // as a file would have it
    std::size_t left_out = 0;  // elements, of a list
    config::Provenance::Place place;
    bool by_no_resource = false;  // the value is that of C6, whatever the defaults say
    /// What `inherit` comes to (N43).
    std::optional<boost::json::value> effective;
    std::size_t effective_left_out = 0;
};

/// Every policy key of the schema but aliases, in its order. `entry` counts C7's entries; lists have at most `most`
/// elements.
[[nodiscard]] std::vector<PolicyValue> policy_values(const Governed& governed, std::size_t entry, std::size_t most);

}  // namespace corsd::cli
