// Host -> site (N0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace corsd::route {

/// How a host found its site: it decides what the site's own origin is (N4).
enum class HostMatch : std::uint8_t {
    none,           // 421 unknown_host
    public_origin,  // the host of the site's public_origin
    exact,          // an entry of `hosts`
    wildcard,       // "*.x" of `hosts`
    any,            // "*" of `hosts`
    fallback,  // a site with neither hosts nor public_origin, or a host that always reaches the only or unnamed site
};

struct SiteMatch {
    std::size_t site = 0;
    HostMatch how = HostMatch::none;
};

class SiteTable {
  public:
    struct Names {
        std::string public_host;         // host of public_origin, without port; empty: none
        std::vector<std::string> hosts;  // lower-case, without port: exact, "*.x", "*"
        bool unnamed = false;            // the site made of the top-level keys
    };

    /// Everything that leads to one site.
    struct Answers {
        std::vector<std::string> hosts;  // exact names in alphabetical order, then wildcards, the longest first
        bool other_hosts = false;        // every host that nobody names
        bool local_hosts = false;        // of those, is_local_name() only
    };

    SiteTable() = default;
    /// Sites in file order; match() answers with indices into it. Two sites that claim one name are the caller's error
    /// (config validates).
    explicit SiteTable(const std::vector<Names>& sites);

    /// `host` is lower-case, without port and without one trailing dot; empty when the request has none. Allocates
    /// nothing.
    [[nodiscard]] SiteMatch match(std::string_view host) const noexcept;

    /// For people: match() answers with `site` for these, and for no others.
    [[nodiscard]] Answers answers_of(std::size_t site) const;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Map = std::unordered_map<std::string, SiteMatch, Hash, std::equal_to<>>;
    Map exact_, wildcard_;
    SiteMatch any_{}, fallback_{}, local_{};
};

/// N0: IP literals, `localhost`, `*.localhost` and the empty host always reach the only or unnamed site.
[[nodiscard]] bool is_local_name(std::string_view host) noexcept;

}  // namespace corsd::route
