#include "cors/near_miss.hpp"

#include <algorithm>

#include "cors/origin.hpp"

namespace corsd::cors {
namespace {

constexpr int kFar = 100;

std::string port_text(std::uint16_t port) {
    return port == 0 ? "no port" : "port " + std::to_string(port);
}

std::string_view undotted(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

std::string_view without_www(std::string_view host) {
    return host.starts_with("www.") ? host.substr(4) : host;
}

bool is_subdomain_of(std::string_view host, std::string_view parent) {
    return host.size() > parent.size() + 1 && host.ends_with(parent) && host[host.size() - parent.size() - 1] == '.';
}

/// What one pattern and the origin have not in common.
struct Comparison {
    int distance = 0;  // parts that differ; kFar: nothing to say
    NearMiss miss;

    void differs(const std::string& part) {
        ++distance;
        miss.difference.append(miss.difference.empty() ? "" : " and ").append(part);
    }
};

void compare_hosts(Comparison& comparison, const OriginPattern& pattern, const Origin& origin) {
    const std::string_view want = pattern.host(), have = origin.host;
    const std::string instead = "host " + std::string(have) + " instead of " + std::string(want);
    const bool wildcard =
        pattern.kind() == OriginPattern::Kind::subdomains || pattern.kind() == OriginPattern::Kind::subdomains_any_port;
    if (wildcard) {
        if (is_subdomain_of(have, want)) return;
        if (undotted(have) != undotted(want)) {
            comparison.distance = kFar;
            return;
        }
        comparison.differs("host " + std::string(have) + " instead of one below it");
        comparison.miss.remedy = "a wildcard admits subdomains only";
    } else if (have == want) {
        return;
    } else if (is_loopback_host(have) && is_loopback_host(want)) {
        comparison.differs(instead);
        comparison.miss.remedy = "both are this machine, but browsers take them for two origins";
    } else if (undotted(have) == undotted(want)) {
        comparison.differs(instead);
        comparison.miss.remedy = "a trailing dot makes another origin";
    } else if (without_www(have) == without_www(want)) {
        comparison.differs(instead);
        comparison.miss.remedy = "with and without www. are two origins";
    } else {
        comparison.distance = kFar;
    }
}

Comparison compare(const OriginPattern& pattern, const Origin& origin) {
    Comparison comparison;
    comparison.miss.pattern = pattern.text();
    if (pattern.scheme().empty()) {  // any, null, regex
        comparison.distance = kFar;
        return comparison;
    }
    if (pattern.scheme() != origin.scheme) {
        comparison.differs(std::string(origin.scheme) + " instead of " + pattern.scheme());
    }
    compare_hosts(comparison, pattern, origin);
    if (!pattern.has_any_port() && pattern.port() != origin.port) {
        comparison.differs(port_text(origin.port) + " instead of " + port_text(pattern.port()));
    }
    return comparison;
}

}  // namespace

std::optional<NearMiss> near_miss(const OriginSet& origins, std::string_view origin) {
    const auto parsed = parse_origin(origin);
    if (!parsed) return std::nullopt;
    Comparison best;
    best.distance = kFar;
    const std::vector<OriginPattern>& patterns = origins.patterns();
    for (std::size_t i = 0; i < std::min(patterns.size(), kMostCompared); ++i) {
        Comparison one = compare(patterns[i], *parsed);
        if (one.distance != 0 && one.distance < best.distance) best = std::move(one);
    }
    if (best.distance >= kFar) return std::nullopt;
    return std::move(best.miss);
}

}  // namespace corsd::cors
