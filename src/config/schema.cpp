#include "config/schema.hpp"

#include <array>
#include <limits>

#include "base/ascii.hpp"
#include "base/edit_distance.hpp"

namespace corsd::config {

namespace {

/// How spellings are compared across products: camelCase, kebab-case and snake_case are one.
std::string folded(std::string_view spelling) {
    std::string out;
    for (const char c : spelling) {
        if (c != '_' && c != '-') out += ascii::to_lower(c);
    }
    return out;
}

bool belongs(const Key& key, Section section) noexcept {
    return key.section == section || (section == Section::resource && key.section == Section::policy);
}

constexpr std::string_view kFlask = "Flask-CORS", kGateway = "the Gateway API", kEnvoy = "Envoy", kKong = "Kong",
                           kTraefik = "Traefik", kExpress = "expressjs/cors";
// Sentences, for what has no key here.
constexpr std::string_view kAlwaysVary = "remove it: corsd always sends the Vary that is needed";
constexpr std::string_view kNoPreflightForward =
    "remove it: corsd answers every preflight itself (mode: report-only forwards them)";
constexpr std::string_view kWildcard =
    "remove it: `origins: \"*\"` without credentials sends \"*\", every other list the one origin";
constexpr std::string_view kStar = "remove it: `origins: \"*\"` grants every answer, with and without Origin";

constexpr auto kForeign = std::to_array<ForeignKey>({
    {"alloworigin", "origins", kEnvoy},
    {"alloworigins", "origins", kGateway},
    {"allowedorigins", "origins", "other products"},
    {"allowedorigin", "origins", "other products"},
    {"origin", "origins", kExpress},
    {"corsorigins", "origins", kFlask},
    {"alloworiginstringmatch", "origins", kEnvoy},
    {"alloworiginregex", "origins", kEnvoy},
    {"allowedoriginpatterns", "origins", "other products"},
    {"accesscontrolalloworigin", "origins", "the response header"},
    {"accesscontrolalloworiginlist", "origins", kTraefik},
    {"accesscontrolalloworiginlistregex", "origins", kTraefik},
    {"allowmethods", "methods", kGateway},
    {"allowedmethods", "methods", "other products"},
    {"corsmethods", "methods", kFlask},
    {"accesscontrolallowmethods", "methods", kTraefik},
    {"allowheaders", "allow_headers", kGateway},
    {"allowedheaders", "allow_headers", kExpress},
    {"headers", "allow_headers", "early Flask-CORS"},  // and Kong
    {"corsallowheaders", "allow_headers", kFlask},
    {"accesscontrolallowheaders", "allow_headers", kTraefik},
    {"exposeheaders", "expose_headers", kGateway},
    {"exposedheaders", "expose_headers", kExpress},
    {"corsexposeheaders", "expose_headers", kFlask},
    {"accesscontrolexposeheaders", "expose_headers", kTraefik},
    {"allowcredentials", "credentials", kGateway},
    {"corssupportscredentials", "credentials", kFlask},
    {"withcredentials", "credentials", "XMLHttpRequest"},
    {"accesscontrolallowcredentials", "credentials", kTraefik},
    {"corsmaxage", "max_age", kFlask},
    {"accesscontrolmaxage", "max_age", kTraefik},
    {"optionssuccessstatus", "preflight_status", kExpress},
    {"privatenetwork", "allow_private_network", kKong},
    {"allowprivatenetworkaccess", "allow_private_network", kEnvoy},
    {"sendwildcard", kWildcard, kFlask},
    {"corssendwildcard", kWildcard, kFlask},
    {"varyheader", kAlwaysVary, kFlask},
    {"corsvaryheader", kAlwaysVary, kFlask},
    {"addvaryheader", kAlwaysVary, kTraefik},
    {"alwayssend", kStar, kFlask},
    {"corsalwayssend", kStar, kFlask},
    {"alloworiginabsent", kStar, kKong},
    {"automaticoptions", kNoPreflightForward, kFlask},
    {"corsautomaticoptions", kNoPreflightForward, kFlask},
    {"interceptexceptions", "remove it: corsd marks every answer, errors included", kFlask},
    {"preflightcontinue", kNoPreflightForward, kExpress},
    {"forwardnotmatchingpreflights", kNoPreflightForward, kEnvoy},
    {"optionspassthrough", kNoPreflightForward, "other products"},
    {"filterenabled", "use `mode`", kEnvoy},
    {"shadowenabled", "use `mode: report-only`", kEnvoy},
});

struct RootKey {
    std::string_view theirs, ours;
};
constexpr auto kForeignRoot = std::to_array<RootKey>({
    {"bind", "listen"},
    {"port", "listen"},
    {"backend", "upstream"},
    {"proxypass", "upstream"},
    {"target", "upstream"},
    {"backends", "upstreams"},
    {"routes", "resources"},
    {"workers", "threads"},
    {"servername", "hosts"},
    {"trustproxy", "trusted_proxies"},
    {"virtualhosts", "sites"},
    {"servers", "sites"},
});

std::string nearest(Section section, std::string_view unknown) {
    std::string_view best;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const Key& key : all_keys()) {
        if (!belongs(key, section) || !is_near(unknown, key.name)) continue;
        const std::size_t distance = edit_distance(unknown, key.name);
        if (distance < least) {
            least = distance;
            best = key.name;
        }
    }
    return best.empty() ? std::string{} : "did you mean `" + std::string(best) + "`?";
}

std::string other_place(std::string_view unknown) {
    for (const Key& key : all_keys()) {
        if (key.name != unknown) continue;
        if (key.section == Section::policy)
            return "`" + std::string(unknown) + "` belongs in a resource or in `defaults:`";
        const std::string_view preposition = key.section == Section::root ? "` belongs at " : "` belongs in ";
        return "`" + std::string(unknown) + std::string(preposition) + std::string(describe(key.section));
    }
    return {};
}

std::string foreign_spelling(Section section, std::string_view unknown) {
    const ForeignKey* foreign = find_foreign(unknown);
    if (foreign == nullptr) return {};
    const std::string_view ours = foreign->ours;
    if (ours.find(' ') != std::string_view::npos) return std::string(ours);
    const std::string told = "what " + std::string(foreign->product) + " calls `" + std::string(unknown) + "` is `" +
                             std::string(ours) + "` here";
    return find_key(section, ours) != nullptr ? told : told + ", in a resource or in `defaults:`";
}

}  // namespace

const Key* find_key(Section section, std::string_view name) noexcept {
    for (const Key& key : all_keys()) {
        if (key.name == name && belongs(key, section)) return &key;
    }
    return nullptr;
}

bool is_required(const Key& key) noexcept {
    return (key.section == Section::listener && key.name == "address") ||
           (key.section == Section::upstream && key.name == "endpoints") ||
           (key.section == Section::site && key.name == "name");
}

std::optional<Section> section_below(const Key& key) noexcept {
    struct Below {
        std::string_view name;
        Section section;
    };
    static constexpr auto kBelow = std::to_array<Below>({{"listeners", Section::listener},
                                                         {"upstreams", Section::upstream},
                                                         {"sites", Section::site},
                                                         {"defaults", Section::policy},
                                                         {"resources", Section::resource},
                                                         {"limits", Section::limits},
                                                         {"timeouts", Section::timeouts},
                                                         {"paths", Section::paths},
                                                         {"headers", Section::headers},
                                                         {"log", Section::log},
                                                         {"access", Section::access},
                                                         {"status", Section::status},
                                                         {"keepalive", Section::keepalive},
                                                         {"queue", Section::queue},
                                                         {"ejection", Section::ejection},
                                                         {"retry", Section::retry}});
    if (key.type != Type::group && key.type != Type::names && key.type != Type::sequence) return std::nullopt;
    for (const Below& below : kBelow) {
        if (below.name == key.name) return below.section;
    }
    return std::nullopt;
}

const ForeignKey* find_foreign(std::string_view spelling) {
    const std::string name = folded(spelling);
    for (const ForeignKey& key : kForeign) {
        if (key.theirs == name) return &key;
    }
    return nullptr;
}

std::string suggest_key(Section section, std::string_view unknown) {
    const std::string name = folded(unknown);
    for (const Key& key : all_keys()) {
        if (belongs(key, section) && folded(key.name) == name) return "did you mean `" + std::string(key.name) + "`?";
    }
    const bool in_policy = section == Section::resource || section == Section::policy;
    // A word of both another product and another section, such as `headers`: where policies stand, it is the former.
    if (std::string told = in_policy ? foreign_spelling(section, unknown) : std::string{}; !told.empty()) return told;
    for (const Key& key : all_keys()) {
        if (belongs(key, section) && edit_distance(unknown, key.name) == 1 && unknown.size() > 4)
            return "did you mean `" + std::string(key.name) + "`?";
    }
    if (std::string place = other_place(unknown); !place.empty()) return place;
    if (section == Section::root) {
        for (const RootKey& key : kForeignRoot) {
            if (key.theirs == name) return "did you mean `" + std::string(key.ours) + "`?";
        }
    }
    if (std::string told = foreign_spelling(section, unknown); !told.empty()) return told;
    return nearest(section, unknown);
}

std::string_view describe(Section section) noexcept {
    switch (section) {
        case Section::root:
            return "the top level";
        case Section::listener:
            return "a listener";
        case Section::upstream:
            return "an upstream";
        case Section::keepalive:
            return "`keepalive:` of an upstream";
        case Section::queue:
            return "`queue:` of an upstream";
        case Section::ejection:
            return "`ejection:` of an upstream";
        case Section::retry:
            return "`retry:` of an upstream";
        case Section::site:
            return "a site";
        case Section::policy:
            return "`defaults:`";
        case Section::resource:
            return "a resource";
        case Section::limits:
            return "`limits:`";
        case Section::timeouts:
            return "`timeouts:`";
        case Section::paths:
            return "`paths:`";
        case Section::headers:
            return "`headers:`";
        case Section::log:
            return "`log:`";
        case Section::access:
            return "`access:` of `log:`";
        case Section::status:
            return "`status:`";
    }
    return "";
}

std::string_view describe(Type type) noexcept {
    switch (type) {
        case Type::text:
            return "text";
        case Type::choice:
            return "one word";
        case Type::boolean:
            return "true or false";
        case Type::count:
            return "a whole number";
        case Type::size:
            return "a size, such as 32KiB";
        case Type::duration:
            return "a duration, such as 30s";
        case Type::max_age:
            return "a duration in whole seconds, such as 10m, or null";
        case Type::preflight_status:
            return "204 or 200";
        case Type::threads:
            return "a number, or auto";
        case Type::list:
        case Type::permissions:
            return "a list, such as [a, b]";
        case Type::star_list:
            return "a list, such as [a, b], or \"*\"";
        case Type::inherit_list:
            return "a list, such as [a, b], or inherit";
        case Type::group:
        case Type::names:
            return "keys and values below it";
        case Type::sequence:
            return "a list of entries (\"- …\")";
    }
    return "";
}

}  // namespace corsd::config
