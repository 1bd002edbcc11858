// How slow a peer may be.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace corsd::net {

/// Does a peer keep a rate, in bytes a second, over the time that it is waited for? A bucket of time: waiting empties
/// it and bytes fill it, so that a pause is forgiven and slowness is not. A plain value.
class Pace {
  public:
    /// How far a peer may fall behind; also what it has at the beginning.
    static constexpr std::chrono::milliseconds kSlack{3000};

    /// Zero: any pace will do.
    void begin(std::uint64_t rate) noexcept {
        rate_ = rate;
        left_ = kSlack;
    }
    [[nodiscard]] bool asked() const noexcept { return rate_ != 0; }
    /// So many bytes came, or went, after so much waiting.
    void moved(std::uint64_t bytes, std::chrono::nanoseconds waited) noexcept {
        using std::chrono::nanoseconds;
        if (rate_ == 0) return;
        constexpr std::uint64_t kSecond = std::nano::den;
        const std::uint64_t enough = rate_ * static_cast<std::uint64_t>(kSlack.count()) / 1000;
        const nanoseconds earned =
            bytes >= enough ? nanoseconds{kSlack} : nanoseconds{static_cast<std::int64_t>(bytes * kSecond / rate_)};
        left_ = std::min(left_ - waited + earned, nanoseconds{kSlack});
    }
    [[nodiscard]] bool too_slow() const noexcept { return rate_ != 0 && left_.count() <= 0; }
    /// How long the peer may be waited for without a byte, if not longer than `within` (zero: no bound). Not when it is
    /// too slow.
    [[nodiscard]] std::chrono::milliseconds bound(std::chrono::milliseconds within) const noexcept {
        if (rate_ == 0) return within;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(left_);
        return within.count() == 0 ? left : std::min(left, within);
    }

  private:
    std::uint64_t rate_ = 0;
    std::chrono::nanoseconds left_{kSlack};
};

}  // namespace corsd::net
