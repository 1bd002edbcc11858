// Deadlines of one worker: a coarse hashed wheel, re-armed lazily. Arming and disarming write two numbers; nothing is
// moved and no timer is touched while a deadline is only pushed further out, which is what every read and write does.
#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>

#include "net/handler_block.hpp"

namespace corsd::net {

/// Something that can expire. Lives inside its owner; unlinks itself when destroyed. One thread.
class Deadline {
  public:
    Deadline() = default;
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline() { unlink(); }

    void disarm() noexcept { expiry_ = kNever; }
    [[nodiscard]] bool armed() const noexcept { return expiry_ != kNever; }

  protected:
    /// Called on the worker's thread, once per arming, never early. The deadline is disarmed already.
    virtual void expired() noexcept = 0;

  private:
    friend class DeadlineWheel;
    static constexpr std::uint64_t kNever = ~std::uint64_t{0};

    void unlink() noexcept {
        if (next_ == nullptr) return;
        previous_->next_ = next_;
        next_->previous_ = previous_;
        next_ = previous_ = nullptr;
    }

    Deadline* next_ = nullptr;
    Deadline* previous_ = nullptr;
    std::uint64_t expiry_ = kNever;  // in ticks
    std::uint64_t slot_tick_ = 0;    // the tick whose slot it is linked in
};

class DeadlineWheel {
  public:
    /// A deadline of a second is kept to a tenth, for twenty wakes a second while something is armed.
    static constexpr std::chrono::milliseconds kTick{50};

    explicit DeadlineWheel(boost::asio::io_context& io);
    DeadlineWheel(const DeadlineWheel&) = delete;
    DeadlineWheel& operator=(const DeadlineWheel&) = delete;
    ~DeadlineWheel();

    /// `expired()` is called when at least `after` has passed, and normally within three ticks of that. Zero means no
    /// bound.
    void arm(Deadline& deadline, std::chrono::milliseconds after) noexcept;

    /// No more ticks, so that io_context::run() may return.
    void stop() noexcept;

  private:
    static constexpr std::size_t kSlots = 1024;
    static constexpr std::uint64_t kMaxLag = 1;
    using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                                    boost::asio::io_context::executor_type>;

    struct Head final : Deadline {
        void expired() noexcept override {}
    };

    void link(Deadline& deadline) noexcept;
    void start_timer() noexcept;
    void advance() noexcept;
    void sweep(std::uint64_t tick) noexcept;
    [[nodiscard]] std::uint64_t clock_tick() const noexcept;
    [[nodiscard]] bool empty() const noexcept;

    HandlerBlock block_;
    Timer timer_;
    std::chrono::steady_clock::time_point epoch_;
    std::uint64_t now_ = 0;
    bool ticking_ = false;
    bool stopped_ = false;
    std::array<Head, kSlots> slots_;
};

}  // namespace corsd::net
