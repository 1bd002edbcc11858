#include "cli/policy_values.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <string>

#include "config/schema.hpp"

namespace corsd::cli {

namespace {

using boost::json::value;
using cors::PolicySource;

/// A list as far as it is shown.
struct Listed {
    value list;
    std::size_t left_out = 0;
};

template <typename Elements, typename Text>
Listed listed(const Elements& elements, std::size_t most, Text text) {
    boost::json::array shown;
    const std::size_t count = std::min<std::size_t>(elements.size(), most);
    shown.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        shown.emplace_back(text(elements[i]));
    return {std::move(shown), elements.size() - count};
}

Listed listed(const std::vector<std::string>& names, std::size_t most) {
    if (names.size() == 1 && names.front() == "*") return {"*"};
    return listed(names, most, [](const std::string& name) { return std::string_view(name); });
}

Listed listed(const cors::OriginSet& origins, std::size_t most) {
    if (origins.any()) return {"*"};
    return listed(origins.patterns(), most,
                  [](const cors::OriginPattern& pattern) { return std::string_view(pattern.text()); });
}

Listed listed(const cors::HeaderSet& headers, std::size_t most) {
    std::vector<std::string> names = headers.names();
    if (headers.any()) names.insert(names.begin(), "*");
    return listed(names, most);
}

Listed listed(const config::Permissions& permissions) {
    const std::array<bool, 3> given{permissions.null_origin, permissions.insecure_origin_with_credentials,
                                    permissions.public_suffix_wildcard};
    boost::json::array names;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i]) names.emplace_back(config::kPermissionNames[i]);
    }
    return {std::move(names)};
}

value word_of(cors::Mode mode) {
    return mode == cors::Mode::enforce ? "enforce" : mode == cors::Mode::headers ? "headers" : "report-only";
}

value switched(cors::Option option) {
    return option == cors::Option::on;
}

/// The scalars; null for a key that this does not know.
std::optional<value> scalar_of(std::string_view key, const PolicySource& source) {
    struct Switch {
        std::string_view key;
        cors::Option PolicySource::*member;
    };
    static constexpr auto kSwitches = std::to_array<Switch>({
        {"credentials", &PolicySource::credentials},
        {"merge_expose", &PolicySource::merge_expose},
        {"minimal_disclosure", &PolicySource::minimal_disclosure},
        {"devtools_hints", &PolicySource::devtools_hints},
        {"allow_private_network", &PolicySource::allow_private_network},
        {"timing_allow_origin", &PolicySource::timing_allow_origin},
        {"forward_origin", &PolicySource::forward_origin},
        {"websocket_origin_required", &PolicySource::websocket_origin_required},
    });
    for (const Switch& one : kSwitches) {
        if (one.key == key) return switched(source.*one.member);
    }
    if (key == "max_age") return source.max_age ? value(source.max_age->count()) : value(nullptr);
    if (key == "mode") return word_of(source.mode);
    if (key == "preflight_status") return value(source.preflight_status);
    if (key == "cross_site_navigation") {
        return value(source.cross_site_navigation == cors::CrossSiteNavigation::allow ? "allow" : "block");
    }
    if (key == "upstream_headers") {
        return value(source.upstream_headers == cors::UpstreamHeaders::keep ? "keep" : "replace");
    }
    return std::nullopt;
}

Listed list_of(std::string_view key, const PolicySource& source, std::size_t most) {
    if (key == "origins") return listed(source.origins, most);
    if (key == "websocket_origins") return listed(source.websocket_origins, most);
    if (key == "methods") return source.methods.any() ? Listed{"*"} : listed(source.methods.names(), most);
    if (key == "allow_headers") return listed(source.allow_headers, most);
    if (key == "expose_headers") return listed(source.expose_headers, most);
    return {};
}

}  // namespace

Governed governed_by(const config::Resource& resource) noexcept {
    return {&resource.governed, resource.provenance.data()};
}

Governed governed_by_no_resource(const config::Site& site) noexcept {
    return {&site.unmatched, &site.unmatched_provenance, true};
}

std::vector<PolicyValue> policy_values(const Governed& governed, std::size_t entry, std::size_t most) {
    const PolicySource& source = governed.governed->entries[entry].source();
    const config::Provenance& provenance = governed.provenance[entry];
    std::vector<PolicyValue> values;
    for (const config::Key& key : config::all_keys()) {
        const bool alias = key.name == "supports_credentials";
        if (key.section != config::Section::policy || key.support != config::Support::supported || alias) continue;
        PolicyValue& one = values.emplace_back();
        one.key = key.name;
        one.place = provenance.place_of(key.name);
        if (auto scalar = scalar_of(key.name, source)) {
            one.value = std::move(*scalar);
            continue;
        }
        Listed list =
            key.name == "dangerously_allow" ? listed(provenance.permissions) : list_of(key.name, source, most);
        const bool of_origins = key.name == "origins" || key.name == "websocket_origins";
        if (governed.by_no_resource && of_origins) {
            one.by_no_resource = true;
            one.place = {};
        } else if (key.name == "websocket_origins" && !source.websocket_origins_span.known()) {
            one.effective = std::move(list.list);
            one.effective_left_out = list.left_out;
            list = {"inherit"};
        }
        one.value = std::move(list.list);
        one.left_out = list.left_out;
    }
    return values;
}

}  // namespace corsd::cli
