#include "cli/explain_edit.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "cli/flask_cors_policy.hpp"
#include "cors/origin.hpp"
#include "route/path.hpp"

namespace corsd::cli::explained {

namespace {

using config::Entry;
using config::Node;
using flask_cors::yaml_key;
using flask_cors::yaml_value;

constexpr const char* kNotUnderstood = "the file is written in a way that this cannot be put into";

[[nodiscard]] const Node* below(const Node& map, std::string_view key) noexcept {
    const Entry* entry = map.find(key);
    return entry == nullptr ? nullptr : &entry->value;
}

/// Where the resource that decided stands in the text.
class Spot {
  public:
    Spot(const ConfigText& text, const Hearing& hearing) : root_(text.root()) {
        const proxy::Inquiry& inquiry = hearing.inquiry;
        const Node* sites = below(root_, "sites");
        site_ = sites == nullptr ? &root_ : &sites->items.at(inquiry.site->index());
        const Node* resources = below(*site_, "resources");
        if (resources == nullptr || inquiry.governed->pattern.empty()) return;
        const Node* resource = below(*resources, inquiry.governed->pattern);
        if (resource == nullptr || resource->kind != Node::Kind::sequence) {
            policy_ = resource;
            return;
        }
        const auto index = static_cast<std::size_t>(inquiry.verdict.policy - inquiry.governed->entries.data());
        policy_ = &resource->items.at(index);
    }

    [[nodiscard]] const Node& site() const noexcept { return *site_; }
    /// The map of policy keys; null: no resource matches.
    [[nodiscard]] const Node* policy() const noexcept { return policy_; }
    /// The value of a key that the resource inherits; null: it is nowhere in the text.
    [[nodiscard]] const Node* inherited(std::string_view key) const noexcept {
        for (const Node* map : {site_, &root_}) {
            const Node* defaults = below(*map, "defaults");
            if (defaults == nullptr) continue;
            if (const Node* value = below(*defaults, key)) return value;
        }
        return nullptr;
    }

  private:
    const Node& root_;
    const Node* site_ = nullptr;
    const Node* policy_ = nullptr;
};

[[nodiscard]] std::string flow_list(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items)
        out += (out.empty() ? "[" : ", ") + item;
    return out + "]";
}

[[nodiscard]] std::vector<std::string> effective_websocket_origins(const Hearing& hearing) {
    std::vector<std::string> items;
    for (const cors::OriginPattern& pattern : hearing.inquiry.verdict.policy->source().websocket_origins.patterns())
        items.push_back(yaml_value(pattern.text()));
    return items;
}

/// The list that a resource has without writing it, in the words of the text.
[[nodiscard]] std::vector<std::string> inherited_items(const Spot& spot, std::string_view key, const Hearing& hearing) {
    if (key == "websocket_origins") return effective_websocket_origins(hearing);
    const Node* value = spot.inherited(key);
    std::vector<std::string> items;
    if (value == nullptr) {
        if (key != "methods") return items;
        for (const std::string& name : hearing.inquiry.verdict.policy->source().methods.names())
            items.push_back(yaml_value(name));
        return items;
    }
    if (value->kind == Node::Kind::scalar) items.push_back(yaml_key(value->text));
    for (const Node& item : value->items)
        items.push_back(yaml_key(item.text));  // what it substitutes stays a substitution
    return items;
}

/// A resource for exactly this path. What it does not need it does not inherit either.
[[nodiscard]] bool add_resource(ConfigText& text, const Spot& spot, const Hearing& hearing, const std::string& keys) {
    const std::string key = yaml_key(hearing.inquiry.path);
    const Node* resources = below(spot.site(), "resources");
    if (resources != nullptr) return text.insert_key(*resources, key, "{" + keys + "}");
    return text.insert_key(spot.site(), "resources", "{" + key + ": {" + keys + "}}");
}

[[nodiscard]] bool add_to_list(ConfigText& text, const Hearing& hearing, const std::string& key,
                               const std::string& value) {
    const Spot spot(text, hearing);
    if (spot.policy() == nullptr) {
        std::string keys = key == "origins" ? "" : "origins: [], ";
        if (key != "websocket_origins" && spot.inherited("websocket_origins") != nullptr) {
            keys += "websocket_origins: [], ";
        }
        std::vector<std::string> items;
        if (key == "methods" || key == "allow_headers") items = inherited_items(spot, key, hearing);
        items.push_back(value);
        return add_resource(text, spot, hearing, keys + key + ": " + flow_list(items));
    }
    const Node* present = below(*spot.policy(), key);
    const bool inherits = present == nullptr || (key == "websocket_origins" && present->kind == Node::Kind::scalar);
    if (!inherits) return text.append_item(*present, value);
    std::vector<std::string> items = inherited_items(spot, key, hearing);
    items.push_back(value);
    if (present != nullptr) return text.replace(*present, flow_list(items));
    return text.insert_key(*spot.policy(), key, flow_list(items));
}

[[nodiscard]] std::string resource_words(const Hearing& hearing) {
    const std::string& pattern = hearing.inquiry.governed->pattern;
    return pattern.empty() ? std::string(hearing.inquiry.path) : pattern;
}

[[nodiscard]] std::string listed(const cors::Policy& policy) {
    std::string out = policy.allow_methods_value() == "*" ? "every method" : policy.allow_methods_value();
    const cors::HeaderSet& headers = policy.source().allow_headers;
    std::string names = headers.any() ? "any header" : "";
    for (const std::string& name : headers.names())
        append_to_list(names, name);
    return out + (names.empty() ? "" : " with " + names) + (policy.with_credentials() ? ", with credentials" : "");
}

[[nodiscard]] std::string origin_risk(const std::string& text) {
    const auto origin = cors::parse_origin(text);
    if (!origin || origin->scheme != "http" || cors::is_loopback_host(origin->host)) return {};
    return "a page that comes over plain http can be changed by whoever is on its way";
}

[[nodiscard]] std::string origin_of(const Hearing& hearing) {
    const auto& lines = hearing.inquiry.question.origin;
    return lines.empty() ? std::string() : std::string(lines.front());
}

[[nodiscard]] Edited add_origin(ConfigText& text, const Hearing& hearing, const char* key) {
    const std::string origin = origin_of(hearing);
    if (!cors::parse_origin(origin)) {
        return {"no list admits " + (origin.empty() ? "a request without Origin" : origin) + " here", {}, {}};
    }
    const cors::Policy& policy = *hearing.inquiry.verdict.policy;
    const std::string what = resource_words(hearing);
    std::string opens = "pages of " + origin + " may then ";
    if (std::string_view(key) == "websocket_origins") {
        opens += "open WebSockets at " + what + ", with cookies";
    } else {
        opens += "use all that " + what + " allows: " + listed(policy);
        // websocket_origins: inherit
        if (!policy.source().websocket_origins_span.known()) opens += "; and WebSockets, with cookies";
    }
    if (!add_to_list(text, hearing, key, yaml_value(origin))) return {kNotUnderstood, {}, {}};
    return {{}, opens, origin_risk(origin)};
}

[[nodiscard]] Edited add_null(ConfigText& text, const Hearing& hearing) {
    if (hearing.inquiry.verdict.policy->with_credentials()) {
        return {
            "null with credentials would let any page act as its visitor, from a frame without an origin; serve the "
            "page over "
            "HTTP instead",
            {},
            {}};
    }
    const auto permit = [&] {
        const Spot spot(text, hearing);
        const Node* policy = spot.policy() != nullptr ? spot.policy() : nullptr;
        if (policy == nullptr) {
            const Node* resources = below(spot.site(), "resources");
            policy = resources == nullptr ? nullptr : below(*resources, hearing.inquiry.path);
        }
        if (policy == nullptr) return false;
        if (const Node* present = below(*policy, "dangerously_allow")) return text.append_item(*present, "null_origin");
        std::vector<std::string> items = inherited_items(spot, "dangerously_allow", hearing);
        items.emplace_back("null_origin");
        return text.insert_key(*policy, "dangerously_allow", flow_list(items));
    };
    if (!add_to_list(text, hearing, "origins", "\"null\"") || !permit()) return {kNotUnderstood, {}, {}};
    return {{},
            {},
            "null is what every sandboxed frame and every local file sends, whoever wrote it: this opens " +
                resource_words(hearing) + " to all of them"};
}

[[nodiscard]] Edited add_method(ConfigText& text, const Hearing& hearing) {
    const std::string method(hearing.inquiry.verdict.culprit);
    if (!ascii::is_token(method)) return {"no list holds the method \"" + method + "\"", {}, {}};
    const std::string what = resource_words(hearing);
    if (!add_to_list(text, hearing, "methods", yaml_value(method))) return {kNotUnderstood, {}, {}};
    return {{}, "every origin that " + what + " allows may then send " + method, {}};
}

[[nodiscard]] Edited add_header(ConfigText& text, const Hearing& hearing) {
    const std::string name(hearing.inquiry.verdict.culprit);
    if (!ascii::is_token(name)) return {"\"" + name + "\" is no header name", {}, {}};
    const std::string what = resource_words(hearing);
    if (!add_to_list(text, hearing, "allow_headers", yaml_value(name))) return {kNotUnderstood, {}, {}};
    return {{}, "every origin that " + what + " allows may then send the header " + name, {}};
}

[[nodiscard]] Edited allow_credentials(ConfigText& text, const Hearing& hearing) {
    const Spot spot(text, hearing);
    if (hearing.inquiry.verdict.policy->open_to_all()) {
        return {
            "\"*\" with credentials would let every site act as the visitor, and browsers refuse it: list the origins "
            "in place "
            "of \"*\", then set credentials: true",
            {},
            {}};
    }
    if (spot.policy() == nullptr) return {kNotUnderstood, {}, {}};
    const std::string what = resource_words(hearing);
    bool done = false;
    const Node* present = below(*spot.policy(), "credentials");
    if (present == nullptr) present = below(*spot.policy(), "supports_credentials");
    done = present != nullptr ? text.replace(*present, "true") : text.insert_key(*spot.policy(), "credentials", "true");
    if (!done) return {kNotUnderstood, {}, {}};
    return {{}, {}, "pages of every origin that " + what + " allows then act with their visitor's cookies"};
}

[[nodiscard]] Edited add_host(ConfigText& text, const Hearing& hearing) {
    const Node* sites = below(text.root(), "sites");
    if (sites != nullptr && sites->items.size() != 1) {
        return {"the file has several sites: add the host to `hosts` of the one that shall answer", {}, {}};
    }
    const Node& site = sites == nullptr ? text.root() : sites->items.front();
    const std::string host = yaml_value(hearing.inquiry.host_storage);
    const Node* hosts = below(site, "hosts");
    const bool done =
        hosts != nullptr ? text.append_item(*hosts, host) : text.insert_key(site, "hosts", "[" + host + "]");
    if (!done) return {kNotUnderstood, {}, {}};
    return {{}, "the site then answers for " + hearing.inquiry.host_storage + " with all of its resources", {}};
}

[[nodiscard]] std::string why_none(const Hearing& hearing, Reason reason) {
    switch (reason) {
        case Reason::origin_malformed: {
            const std::string origin = well_formed_origin(origin_of(hearing));
            return "no list admits what is no origin" + (origin.empty() ? "" : "; browsers send " + origin);
        }
        case Reason::path_ambiguous:
            if (hearing.lost_detail == route::describe(route::PathProblem::encoded_slash)) {
                return "`paths: {encoded_slash: keep}` would pass it on, and every path like it: only right where the "
                       "upstream takes "
                       "%2F for a part of a name";
            }
            return "the path can be read in two ways, and the upstream may take the other: send it in one that is "
                   "clear";
        case Reason::origin_missing:
            return "browsers send Origin with such a request; whoever sends it must, too";
        case Reason::origin_repeated:
            return "a request has one Origin";
        case Reason::headers_too_many:
            return "no list admits so many headers: send fewer";
        default:
            return "this is not for the policy to allow";
    }
}

}  // namespace

Edited edit(ConfigText& text, const Obstacle& obstacle) {
    const Hearing& hearing = *obstacle.hearing;
    const bool governed = hearing.lost == Reason::none;
    if (governed && hearing.inquiry.governed->pattern.empty() &&
        (hearing.inquiry.path.find('*') != std::string_view::npos || !hearing.inquiry.path.starts_with('/'))) {
        return {"no pattern stands for exactly this path", {}, {}};
    }
    switch (obstacle.reason) {
        case Reason::none:
            return allow_credentials(text, hearing);
        case Reason::origin_not_allowed:
            return add_origin(text, hearing, "origins");
        case Reason::websocket_origin:
            return add_origin(text, hearing, "websocket_origins");
        case Reason::origin_null:
            return add_null(text, hearing);
        case Reason::method_not_allowed:
        case Reason::override_not_allowed:
            return add_method(text, hearing);
        case Reason::header_not_allowed:
            return add_header(text, hearing);
        case Reason::unknown_host:
            return add_host(text, hearing);
        default:
            return {why_none(hearing, obstacle.reason), {}, {}};
    }
}

}  // namespace corsd::cli::explained
