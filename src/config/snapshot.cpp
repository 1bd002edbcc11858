#include "config/snapshot.hpp"

#include <utility>
#include <variant>

namespace corsd::config {

namespace {

route::ResourceTable table_of(const Site& site) {
    std::vector<route::PathPattern> patterns;
    patterns.reserve(site.resources.size());
    for (const Resource& resource : site.resources) {
        // Loading has refused whatever does not parse, so that the indices stay those of `resources`.
        patterns.push_back(std::get<route::PathPattern>(route::PathPattern::parse(resource.governed.pattern)));
    }
    return route::ResourceTable(std::move(patterns));
}

route::SiteTable::Names names_of(const Site& site) {
    route::SiteTable::Names names;
    if (const auto origin = cors::parse_origin(site.public_origin)) {
        names.public_host = origin->host;
        if (names.public_host.ends_with('.')) names.public_host.pop_back();
    }
    names.hosts = site.hosts;
    names.unnamed = site.unnamed;
    return names;
}

/// One dense index for every policy, for tables beside the Snapshot.
void number_policies(Config& config) {
    std::size_t next = 0;
    for (Site& site : config.sites) {
        for (Resource& resource : site.resources) {
            resource.first_policy = next;
            next += resource.governed.entries.size();
        }
        site.unmatched_policy = next;
        next += site.unmatched.entries.size();
    }
}

bool contains(const Cidr& network, const std::array<std::uint8_t, 16>& address) noexcept {
    const std::size_t whole = network.bits / 8U;
    for (std::size_t i = 0; i < whole; ++i) {
        if (network.bytes[i] != address[i]) return false;
    }
    const unsigned rest = network.bits % 8U;
    if (rest == 0) return true;
    const unsigned mask = 0xff00U >> rest;
    return ((network.bytes[whole] ^ address[whole]) & mask & 0xffU) == 0;
}

}  // namespace

ServingSite::ServingSite(const Site& site, std::size_t index) : site_(&site), index_(index), table_(table_of(site)) {
    if (const auto origin = cors::parse_origin(site.public_origin)) {
        scheme_ = origin->scheme;
        host_ = origin->host;
        port_ = origin->port;
    }
}

ServingSite::Match ServingSite::match(std::string_view canonical_path) const noexcept {
    const std::size_t index = table_.match(canonical_path);
    if (index == route::ResourceTable::kNone) return unmatched();
    const Resource& resource = site_->resources[index];
    return {&resource.governed, resource.upstream, resource.first_policy};
}

ServingSite::Match ServingSite::unmatched() const noexcept {
    return {&site_->unmatched, site_->upstream, site_->unmatched_policy};
}

cors::OwnOrigin ServingSite::own_origin(route::HostMatch how, std::string_view host,
                                        const cors::OwnOrigin& guessed) const noexcept {
    if (scheme_.empty()) return guessed;
    cors::OwnOrigin own;
    own.known = cors::OwnOrigin::Known::declared;
    own.scheme = scheme_;
    own.port = port_;
    const bool by_name = how == route::HostMatch::exact || how == route::HostMatch::wildcard;
    own.host = by_name ? host : std::string_view(host_);
    return own;
}

Snapshot::Snapshot(Config config) : config_(std::move(config)) {
    std::vector<route::SiteTable::Names> names;
    sites_.reserve(config_.sites.size());
    number_policies(config_);
    for (const Site& site : config_.sites) {
        sites_.emplace_back(site, sites_.size());
        names.push_back(names_of(site));
    }
    hosts_ = route::SiteTable(names);
}

Snapshot::SiteFound Snapshot::match(std::string_view host) const noexcept {
    const route::SiteMatch found = hosts_.match(host);
    if (found.how == route::HostMatch::none || found.site >= sites_.size()) return {};
    return {&sites_[found.site], found.how};
}

bool Snapshot::trusts(const std::array<std::uint8_t, 16>& address) const noexcept {
    for (const Cidr& network : config_.trusted_proxies) {
        if (contains(network, address)) return true;
    }
    return false;
}

}  // namespace corsd::config
