// What the operator is told of requests that the policy does not admit and that look like a mistake in it: an origin
// that nearly matches, a method or header that is not listed. One line of the diagnostic log each, and never many.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "proxy/context.hpp"

namespace corsd::proxy {

/// The line for inquiry.verdict, which does not admit; nothing where no change of the configuration suggests itself.
[[nodiscard]] std::optional<std::string> hint_for(const Inquiry& inquiry);

/// One per worker. The same resource, reason, origin and culprit are told once until the next reload; no more than
/// kMostLines are told, and no more than kMostLooks of the refusals of a second are looked at: a flood neither fills
/// the log nor costs more than a few comparisons.
class RefusalHints {
  public:
    static constexpr std::size_t kMostLines = 64, kMostLooks = 16;

    /// Called for every request that is not admitted.
    void consider(const Context& context) noexcept;
    /// A new configuration is judged anew.
    void clear() noexcept { told_ = 0; }

  private:
    void look(const Context& context);
    [[nodiscard]] bool was_told(std::uint64_t key) const noexcept;

    std::array<std::uint64_t, kMostLines> keys_{};
    std::size_t told_ = 0, looks_ = 0;
    std::chrono::steady_clock::time_point second_{};
};

}  // namespace corsd::proxy
