// What serves: an immutable Config with its lookup tables. Built once per load, shared by all workers, never changed.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "cors/origin.hpp"
#include "cors/question.hpp"
#include "route/resource_table.hpp"
#include "route/site_table.hpp"

namespace corsd::config {

/// A site with its table of resources.
class ServingSite {
  public:
    /// `index` into Config::sites.
    ServingSite(const Site& site, std::size_t index);

    struct Match {
        const cors::Governed* governed = nullptr;  // never null: C6's for paths that no resource matches
        std::size_t upstream = 0;
        std::size_t first_policy = 0;  // of `governed`'s entries, among all policies of the configuration
    };
    /// The resource that governs a canonical path (C5, C6). `OPTIONS *` belongs to none: use unmatched().
    [[nodiscard]] Match match(std::string_view canonical_path) const noexcept;
    [[nodiscard]] Match unmatched() const noexcept;
    /// The site's resources, as indices, in the order in which match() prefers them (C5).
    [[nodiscard]] std::vector<std::size_t> order() const { return table_.order(); }

    /// N4: the site's own origin for a request whose host (lower-case, no port) found the site as `how`. When nothing
    /// is declared, `guessed` is given back. With a wildcard or exact `hosts` entry, the public origin with that host
    /// in its place.
    [[nodiscard]] cors::OwnOrigin own_origin(route::HostMatch how, std::string_view host,
                                             const cors::OwnOrigin& guessed) const noexcept;

    [[nodiscard]] const Site& site() const noexcept { return *site_; }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

  private:
    const Site* site_;
    std::size_t index_;
    route::ResourceTable table_;
    std::string scheme_, host_;  // of public_origin
    std::uint16_t port_ = 0;
};

class Snapshot {
  public:
    /// Takes a Config that load_text accepted.
    explicit Snapshot(Config config);
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    struct SiteFound {
        const ServingSite* site = nullptr;  // null: 421 unknown_host
        route::HostMatch how = route::HostMatch::none;
    };
    /// `host` is lower-case, without port and one trailing dot.
    [[nodiscard]] SiteFound match(std::string_view host) const noexcept;
    [[nodiscard]] const std::vector<ServingSite>& sites() const noexcept { return sites_; }
    /// The hosts for which match() answers with a site, by its index.
    [[nodiscard]] route::SiteTable::Answers answers_of(std::size_t site) const { return hosts_.answers_of(site); }

    [[nodiscard]] const Config& config() const noexcept { return config_; }
    /// Is the peer one of trusted_proxies? `address` is 16 bytes, IPv4 mapped. A Unix socket's peer is never trusted.
    [[nodiscard]] bool trusts(const std::array<std::uint8_t, 16>& address) const noexcept;

  private:
    Config config_;
    std::vector<ServingSite> sites_;
    route::SiteTable hosts_;
};

}  // namespace corsd::config
