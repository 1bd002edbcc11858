// The table of keys against the code that reads them.
#include "config/schema.hpp"

#include <map>
#include <set>

#include "base/units.hpp"
#include "catch.hpp"
#include "loading.hpp"

using namespace corsd::config;

namespace {

std::string first_choice(const Key& key) {
    return std::string(key.fallback.substr(0, key.fallback.find(" | ")));
}

/// A file that gives this one key the value.
std::string file_with(const Key& key, const std::string& value) {
    const std::string line = std::string(key.name) + ": " + value;
    const std::string endpoint = "endpoints: [\"http://127.0.0.1:5000\"]";
    switch (key.section) {
        case Section::root:
            return line + "\n";
        case Section::listener:
            return key.name == "address" ? "listeners: [{" + line + "}]\n"
                                         : "listeners: [{address: \"127.0.0.1:1\", " + line + "}]\n";
        case Section::upstream:
            return key.name == "endpoints" ? "upstreams: {u: {" + line + "}}\n"
                                           : "upstreams: {u: {" + endpoint + ", " + line + "}}\n";
        case Section::keepalive:
            return "upstreams: {u: {" + endpoint + ", keepalive: {" + line + "}}}\n";
        case Section::queue:
            return "upstreams: {u: {" + endpoint + ", max_connections: 1, queue: {" + line + "}}}\n";
        case Section::ejection:
            return "upstreams: {u: {" + endpoint + ", ejection: {" + line + "}}}\n";
        case Section::retry:
            return "upstreams: {u: {" + endpoint + ", retry: {" + line + "}}}\n";
        case Section::site:
            return key.name == "name" ? "sites: [{" + line + "}]\n" : "sites: [{name: s, " + line + "}]\n";
        case Section::policy:
        case Section::resource:
            return "resources: {/a: {" + line + "}}\n";
        case Section::access:
            return "log: {access: {" + line + "}}\n";
        case Section::limits:
            return "limits: {" + line + "}\n";
        case Section::timeouts:
            return "timeouts: {" + line + "}\n";
        case Section::paths:
            return "paths: {" + line + "}\n";
        case Section::headers:
            return "headers: {" + line + "}\n";
        case Section::log:
            return "log: {" + line + "}\n";
        case Section::status:
            return "status: {" + line + "}\n";
    }
    return {};
}

/// A value of the key's type.
std::string sample(const Key& key) {
    if (key.type == Type::choice) return first_choice(key);
    if (key.name == "address") return "\"127.0.0.1:8080\"";
    if (key.name == "endpoints") return "[\"http://127.0.0.1:5000\"]";
    if (key.name == "name") return "x";
    if (key.name == "upstream" && key.section != Section::root) return "default";
    if (key.type == Type::sequence) {
        return key.name == "sites" ? "[{name: s, public_origin: \"https://a.example\"}]"
                                   : "[{address: \"127.0.0.1:1\"}]";
    }
    if (key.name == "upstreams") return "{u: {endpoints: [\"http://127.0.0.1:5000\"]}}";
    return std::string(key.fallback);
}

}  // namespace

TEST_CASE("every key of the table has a section, a default of its type and a line of documentation") {
    std::set<std::pair<Section, std::string_view>> seen;
    for (const Key& key : all_keys()) {
        CAPTURE(key.name);
        CHECK(seen.emplace(key.section, key.name).second);
        CHECK(key.doc.size() > 3);
        CHECK(key.doc.back() == '.');
        CHECK_FALSE(describe(key.section).empty());
        CHECK_FALSE(describe(key.type).empty());
        CHECK(find_key(key.section, key.name) == &key);
        if (key.type == Type::duration) CHECK(corsd::parse_duration(key.fallback).problem == corsd::UnitProblem::none);
        if (key.type == Type::size) CHECK(corsd::parse_size(key.fallback).problem == corsd::UnitProblem::none);
        if (key.type == Type::boolean) CHECK((key.fallback == "true" || key.fallback == "false"));
        if (key.type == Type::choice) CHECK(key.fallback.find(" | ") != std::string_view::npos);
    }
}

TEST_CASE("every supported key is taken and read, every other one is refused by name") {
    for (const Key& key : all_keys()) {
        const std::string text = file_with(key, key.support == Support::supported ? sample(key) : "{}");
        const Loaded loaded = World{}.load(text);
        INFO(text << rendered(loaded));
        if (key.support == Support::supported) {
            CHECK(loaded.ok());
        } else {
            CHECK(has_code(loaded, "not-supported"));
        }
        CHECK_FALSE(has_code(loaded, "unknown-key"));
    }
}

TEST_CASE("the defaults of the table are those of the settings") {
    // A file that spells out every default must load to what an empty one loads to.
    std::map<Section, std::string> sections;
    for (const Key& key : all_keys()) {
        if (key.support != Support::supported || key.name == "supports_credentials") continue;
        const std::string value = key.type == Type::choice ? first_choice(key) : std::string(key.fallback);
        if (value == "{}" || value.empty() || key.type == Type::sequence) continue;
        sections[key.section] += std::string(key.name) + ": " + value + ", ";
    }
    const auto in = [&](Section section) { return "{" + sections[section] + "}"; };
    std::string upstream = in(Section::upstream);
    upstream.pop_back();
    std::string text = "upstreams: {default: " + upstream + "endpoints: [\"http://127.0.0.1:5000\"]";
    text += ", keepalive: " + in(Section::keepalive) + ", queue: " + in(Section::queue) +
            ", ejection: " + in(Section::ejection) + ", retry: " + in(Section::retry) + "}}\n";
    text += "resources: {/a: " + in(Section::policy) + "}\nlimits: " + in(Section::limits) +
            "\ntimeouts: " + in(Section::timeouts);
    text += "\npaths: " + in(Section::paths) + "\nheaders: " + in(Section::headers) + "\nlog: ";
    std::string log = in(Section::log);
    log.pop_back();
    text +=
        log + "access: " + in(Section::access) + "}\nstatus: " + in(Section::status) + "\nthreads: auto\nmin_rate: 0\n";
    const Loaded spelled = World{}.load(text);
    INFO(text << rendered(spelled));
    REQUIRE(spelled.ok());
    const Loaded bare = World{}.load("resources: {/a: {}}\n");
    REQUIRE(bare.ok());
    const Config& a = *spelled.config;
    const Config& b = *bare.config;
    CHECK(a.status.listen.has_value() == b.status.listen.has_value());
    CHECK(a.upstreams.at(0) == b.upstreams.at(0));
    CHECK(a.limits.max_connections == b.limits.max_connections);
    CHECK(a.limits.max_connections_per_address == b.limits.max_connections_per_address);
    CHECK(a.limits.max_requests_per_connection == b.limits.max_requests_per_connection);
    CHECK(a.limits.max_header_bytes == b.limits.max_header_bytes);
    CHECK(a.limits.max_header_fields == b.limits.max_header_fields);
    CHECK(a.limits.max_target_bytes == b.limits.max_target_bytes);
    CHECK(a.limits.max_body_bytes == b.limits.max_body_bytes);
    for (const auto member : {&Timeouts::header, &Timeouts::body, &Timeouts::write, &Timeouts::idle, &Timeouts::connect,
                              &Timeouts::response, &Timeouts::stream, &Timeouts::drain}) {
        CHECK(a.timeouts.*member == b.timeouts.*member);
    }
    CHECK(a.min_rate == b.min_rate);
    CHECK(a.paths.encoded_slash == b.paths.encoded_slash);
    CHECK(a.paths.double_slashes == b.paths.double_slashes);
    CHECK(a.paths.parameters == b.paths.parameters);
    CHECK(a.headers.underscores == b.headers.underscores);
    CHECK(a.headers.forwarded == b.headers.forwarded);
    CHECK(a.headers.trust_forwarded_host == b.headers.trust_forwarded_host);
    CHECK(a.log.level == b.log.level);
    CHECK(a.log.format == b.log.format);
    CHECK(a.log.output == b.log.output);
    CHECK(a.log.access == b.log.access);
    CHECK(a.log.only == b.log.only);
    CHECK(a.log.redact_query == b.log.redact_query);
    CHECK(a.threads == b.threads);
    CHECK(a.upstreams[0].max_idle == b.upstreams[0].max_idle);
    CHECK(a.upstreams[0].idle_timeout == b.upstreams[0].idle_timeout);
    const auto& x = a.sites[0].resources.at(0).governed.entries.at(0).source();
    const auto& y = b.sites[0].resources.at(0).governed.entries.at(0).source();
    CHECK(x.methods.names() == y.methods.names());
    CHECK(x.allow_headers.names() == y.allow_headers.names());
    CHECK(x.expose_headers == y.expose_headers);
    CHECK(x.credentials == y.credentials);
    CHECK(x.max_age == y.max_age);
    CHECK(x.mode == y.mode);
    CHECK(x.cross_site_navigation == y.cross_site_navigation);
    CHECK(x.preflight_status == y.preflight_status);
    CHECK(x.upstream_headers == y.upstream_headers);
    CHECK(x.merge_expose == y.merge_expose);
    CHECK(x.minimal_disclosure == y.minimal_disclosure);
    CHECK(x.devtools_hints == y.devtools_hints);
    CHECK(x.allow_private_network == y.allow_private_network);
    CHECK(x.timing_allow_origin == y.timing_allow_origin);
    CHECK(x.forward_origin == y.forward_origin);
}

TEST_CASE("C8: other products' spellings lead to ours") {
    const std::pair<const char*, const char*> rows[] = {{"allowOrigins", "origins"},
                                                        {"allow_origin_string_match", "origins"},
                                                        {"accessControlAllowOriginListRegex", "origins"},
                                                        {"origin", "origins"},
                                                        {"accessControlAllowMethods", "methods"},
                                                        {"allowMethods", "methods"},
                                                        {"allowHeaders", "allow_headers"},
                                                        {"allowedHeaders", "allow_headers"},
                                                        {"headers", "allow_headers"},
                                                        {"exposedHeaders", "expose_headers"},
                                                        {"exposeHeaders", "expose_headers"},
                                                        {"allow_credentials", "credentials"},
                                                        {"maxAge", "max_age"},
                                                        {"accessControlMaxAge", "max_age"},
                                                        {"optionsSuccessStatus", "preflight_status"},
                                                        {"allow_private_network_access", "allow_private_network"}};
    for (const auto& [theirs, ours] : rows) {
        CAPTURE(theirs);
        CHECK(suggest_key(Section::resource, theirs).find("`" + std::string(ours) + "`") != std::string::npos);
    }
    CHECK(suggest_key(Section::resource, "xyzzy").empty());
}
