#include "cli/policy_outline.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "cli/policy_values.hpp"

namespace corsd::cli {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using config::ServingSite;
using config::Snapshot;
using config::Sources;
using Level = config::WrittenKeys::Level;

constexpr std::size_t kMostShown = 10;   // elements of a list, for people
constexpr std::size_t kMostGiven = 100;  // for programs: ten thousand resources may share ten thousand origins

std::string place_as_text(const SourceSpan& span, const Sources& sources) {
    if (!span.known() || span.file >= sources.size()) return {};
    return config::printable(sources[span.file].name()) + ':' + std::to_string(span.line);
}

/// Where a value comes from, in a word.
std::string_view origin_of(const PolicyValue& one) noexcept {
    if (one.by_no_resource) return "no resource";
    if (!one.place.span.known()) return "built-in";
    switch (one.place.level) {
        case Level::defaults:
            return "defaults";
        case Level::site_defaults:
            return "site defaults";
        case Level::resource:
            break;
    }
    return "resource";
}

std::string title_of(const ServingSite& site) {
    return site.site().unnamed ? "the site" : "site " + config::printable(site.site().name);
}

std::string hosts_of(const route::SiteTable::Answers& answers) {
    std::string text;
    const auto add = [&](std::string_view part) { append_to_list(text, part); };
    for (const std::string& host : answers.hosts) {
        if (!answers.local_hosts || !route::is_local_name(host)) add(host);
    }
    if (answers.other_hosts) add(answers.hosts.empty() ? "every host" : "every host that no other site names");
    if (answers.local_hosts) add("localhost, IP addresses, requests without Host");
    return text.empty() ? "no host" : text;
}

/// A text as YAML takes it for one, in quotes where it has to be.
std::string text_as_yaml(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return ascii::is_alnum(c) || c == ':' || c == '/' || c == '.' || c == '_' || c == '-';
    });
    const bool word = plain && !text.empty() && ascii::is_alpha(text.front()) && text.back() != ':';
    return word && text != "null" ? std::string(text) : boost::json::serialize(value(text));
}

std::string scalar_as_yaml(const value& from) {
    return from.is_string() ? text_as_yaml(from.get_string()) : boost::json::serialize(from);
}

/// A flow list as people write it, or a scalar.
std::string value_as_yaml(const value& from) {
    const array* list = from.if_array();
    if (list == nullptr) return scalar_as_yaml(from);
    std::string text = "[";
    for (const value& item : *list)
        text += (text.size() == 1 ? "" : ", ") + scalar_as_yaml(item);
    return text + ']';
}

/// Behind a list that is not shown to its end.
std::string shortened(const value& from, std::size_t left_out) {
    if (left_out == 0) return {};
    const std::size_t shown = from.get_array().size();
    return ", the first " + std::to_string(shown) + " of " + std::to_string(shown + left_out);
}

/// One line a key, which could stand in the file.
void append_policy(std::string& out, const std::vector<PolicyValue>& values, const Sources& sources) {
    for (const PolicyValue& one : values) {
        out += "       " + std::string(one.key) + ": " + value_as_yaml(one.value) + "  # ";
        const std::string_view origin = origin_of(one);
        const std::string place = place_as_text(one.place.span, sources);
        out += origin == "resource" ? place : std::string(origin) + (place.empty() ? "" : ", " + place);
        out += shortened(one.value, one.left_out);
        if (one.effective) {
            out += "; comes to " + value_as_yaml(*one.effective) + shortened(*one.effective, one.effective_left_out);
        }
        out += '\n';
    }
}

void append_governed(std::string& out, const Governed& governed, const Sources& sources) {
    const bool by_method = governed.governed->entries.size() > 1;
    for (std::size_t i = 0; i < governed.governed->entries.size(); ++i) {
        const cors::PolicySource& source = governed.governed->entries[i].source();
        if (by_method) {
            out += "     entry " + std::to_string(i + 1) + "  (" + place_as_text(source.span, sources) + ")\n";
        }
        append_policy(out, policy_values(governed, i, kMostShown), sources);
    }
}

void append_site(std::string& out, const Snapshot& snapshot, std::size_t index, const Sources& sources) {
    const ServingSite& serving = snapshot.sites()[index];
    const config::Site& site = serving.site();
    const auto upstream = [&](std::size_t at) { return config::printable(snapshot.config().upstreams[at].name); };
    out += title_of(serving) + '\n';
    out += "  answers for: " + hosts_of(snapshot.answers_of(index)) + '\n';
    out += "  public origin: " +
           (site.public_origin.empty() ? "guessed from each request" : config::printable(site.public_origin)) + '\n';
    out += "  upstream: " + upstream(site.upstream) + '\n';
    out += "  resources, in the order in which they are tried:\n";
    std::size_t rank = 0;
    for (const std::size_t at : serving.order()) {
        const config::Resource& resource = site.resources[at];
        out += "  " + std::to_string(++rank) + ". " + config::printable(resource.governed.pattern) + "  (" +
               place_as_text(resource.governed.span, sources);
        if (resource.upstream != site.upstream) out += "; upstream " + upstream(resource.upstream);
        out += ")\n";
        append_governed(out, governed_by(resource), sources);
    }
    out += "  " + std::to_string(++rank) + ". every other path: no foreign origin is admitted\n";
    append_governed(out, governed_by_no_resource(site), sources);
}

object place_as_json(const SourceSpan& span, const Sources& sources) {
    const bool known = span.known() && span.file < sources.size();
    return {{"file", known ? value(config::printable(sources[span.file].name())) : value(nullptr)},
            {"line", known ? value(span.line) : value(nullptr)}};
}

object value_as_json(PolicyValue one, const Sources& sources) {
    object json{{"value", std::move(one.value)}};
    if (one.left_out > 0) json["left_out"] = one.left_out;
    if (one.effective) {
        json["effective"] = std::move(*one.effective);
        if (one.effective_left_out > 0) json["effective_left_out"] = one.effective_left_out;
    }
    json["from"] = origin_of(one);
    for (auto& member : place_as_json(one.place.span, sources))
        json[member.key()] = std::move(member.value());
    return json;
}

array policies_as_json(const Governed& governed, const Sources& sources) {
    array policies;
    for (std::size_t i = 0; i < governed.governed->entries.size(); ++i) {
        object keys;
        for (PolicyValue& one : policy_values(governed, i, kMostGiven)) {
            const std::string_view key = one.key;
            keys[key] = value_as_json(std::move(one), sources);
        }
        object policy = place_as_json(governed.governed->entries[i].source().span, sources);
        policy["keys"] = std::move(keys);
        policies.push_back(std::move(policy));
    }
    return policies;
}

void write_members(IndentedJson& out, const object& members) {
    for (const auto& member : members)
        out.member(member.key(), member.value());
}

void write_site(IndentedJson& out, const Snapshot& snapshot, std::size_t index, const Sources& sources) {
    const ServingSite& serving = snapshot.sites()[index];
    const config::Site& site = serving.site();
    const auto upstream = [&](std::size_t at) { return config::printable(snapshot.config().upstreams[at].name); };
    const auto text = [](const std::string& from) {
        return from.empty() ? value(nullptr) : value(config::printable(from));
    };
    const route::SiteTable::Answers answers = snapshot.answers_of(index);
    out.open_object();
    write_members(out, place_as_json(site.span, sources));
    out.member("name", text(site.name));
    out.member("public_origin", text(site.public_origin));
    out.member("upstream", value(upstream(site.upstream)));
    out.member("hosts", array(answers.hosts.begin(), answers.hosts.end()));
    out.member("other_hosts", answers.other_hosts);
    out.member("local_hosts", answers.local_hosts);
    out.name("resources");
    out.open_list();
    for (const std::size_t at : serving.order()) {
        const config::Resource& resource = site.resources[at];
        object one = place_as_json(resource.governed.span, sources);
        one["path"] = config::printable(resource.governed.pattern);
        one["upstream"] = upstream(resource.upstream);
        one["policies"] = policies_as_json(governed_by(resource), sources);
        out.put(one);
    }
    out.close();
    out.member("no_resource", object{{"upstream", upstream(site.upstream)},
                                     {"policies", policies_as_json(governed_by_no_resource(site), sources)}});
    out.close();
}

}  // namespace

std::string hosts_as_text(const Snapshot& snapshot) {
    std::string out;
    for (std::size_t i = 0; i < snapshot.sites().size(); ++i)
        out += title_of(snapshot.sites()[i]) + " answers for " + hosts_of(snapshot.answers_of(i)) + '\n';
    return out;
}

std::string outline_as_text(const Snapshot& snapshot, const Sources& sources) {
    std::string out;
    for (std::size_t i = 0; i < snapshot.sites().size(); ++i)
        append_site(out, snapshot, i, sources);
    return out;
}

void write_outline(IndentedJson& out, const Snapshot& snapshot, const Sources& sources) {
    out.open_list();
    for (std::size_t i = 0; i < snapshot.sites().size(); ++i)
        write_site(out, snapshot, i, sources);
    out.close();
}

}  // namespace corsd::cli
