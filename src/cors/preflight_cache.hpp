// What a browser remembers of the preflights that passed: section 4.9 of the Fetch standard, "CORS-preflight cache".
// Part of cors/browser.hpp; not on the serving path. No clock: who uses it says when time goes by. Not for several
// threads.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cors/decide.hpp"

namespace corsd::cors {

/// On whose behalf something is remembered, or looked up.
struct PreflightKey {
    std::string origin;  // serialized, as sent
    std::string url;
    Credentials credentials = Credentials::omitted;
};

class PreflightCache {
  public:
    /// The longest that anything is remembered: Chromium's "imposed limit on max-age".
    static constexpr std::chrono::seconds kLimit{7200};
    /// Section 4.8, step 7.9: when Access-Control-Max-Age is not there, or no number.
    static constexpr std::chrono::seconds kAssumed{5};

    /// Time goes by. What is remembered for N seconds is forgotten after the Nth.
    void pass(std::chrono::seconds time);

    /// "Method cache entry match" and "header-name cache entry match".
    [[nodiscard]] bool knows_method(const PreflightKey& key, std::string_view method) const noexcept;
    [[nodiscard]] bool knows_header(const PreflightKey& key, std::string_view name) const noexcept;

    /// Section 4.8, steps 7.8 to 7.15: what a preflight's answer named. `max_age` is the combined value of
    /// Access-Control-Max-Age, empty when there is none.
    void remember(const PreflightKey& key, std::string_view max_age, const std::vector<std::string>& methods,
                  const std::vector<std::string>& names);
    /// "Clear cache entries".
    void forget(const PreflightKey& key);

  private:
    struct Entry {
        PreflightKey key;
        std::string method, name;  // one of them is empty
        std::chrono::seconds left{};
    };

    [[nodiscard]] static bool is_method(const Entry& entry, const PreflightKey& key, std::string_view method) noexcept;
    [[nodiscard]] static bool is_header(const Entry& entry, const PreflightKey& key, std::string_view name) noexcept;
    void put(Entry fresh);

    std::vector<Entry> entries_;
};

}  // namespace corsd::cors
