// A request that waits for a connection to its upstream.
#pragma once

#include <coroutine>
#include <memory>
#include <new>

#include "net/deadline_wheel.hpp"
#include "proxy/exchange.hpp"
#include "proxy/upstream_pool.hpp"

namespace corsd::proxy {

/// Lives in the coroutine that waits, on the pool's thread. Settled once: by what it waits for, by its deadline, or by
/// its client going away.
class UpstreamPool::Waiter final : public Abortable, private net::Deadline {
  public:
    enum class Outcome : std::uint8_t { waiting, served, timed_out, gone };

    Waiter(UpstreamPool& pool, std::deque<Waiter*>& line) : pool_(pool), line_(line) { line_.push_back(this); }
    ~Waiter() { leave(); }

    /// With a place in the line of all workers.
    void take_ticket(UpstreamShare::Ticket ticket, Kept kept) noexcept {
        ticket_ = ticket;
        kept_ = kept;
        since_ = std::chrono::steady_clock::now();
    }

    struct Settled {
        Waiter& waiter;
        bool await_ready() const noexcept { return waiter.outcome_ != Outcome::waiting; }
        void await_suspend(std::coroutine_handle<> awaiting) const noexcept { waiter.awaiting_ = awaiting; }
        Outcome await_resume() const noexcept { return waiter.outcome_; }
    };
    [[nodiscard]] Settled settled(std::chrono::milliseconds within) {
        if (outcome_ == Outcome::waiting) pool_.site_.loop.wheel.arm(*this, within);
        return Settled{*this};
    }

    void settle(Outcome outcome) noexcept {
        if (outcome_ != Outcome::waiting) return;
        outcome_ = outcome;
        leave();
        if (!awaiting_) return;
        // Not from here: whoever tells the news is in the middle of something.
        try {
            pool_.site_.loop.poller.post([this] { awaiting_.resume(); });
        } catch (const std::bad_alloc&) {  // the wheel needs no memory
            pool_.site_.loop.wheel.arm(*this, std::chrono::milliseconds{1});
        }
    }
    void abort() noexcept override { settle(Outcome::gone); }

    /// Served with a connection; without one it is served with the right to open one.
    std::unique_ptr<H1Client> handed;

    [[nodiscard]] UpstreamShare::Ticket ticket() const noexcept { return ticket_; }
    [[nodiscard]] Kept kept() const noexcept { return kept_; }
    [[nodiscard]] UpstreamShare::TimePoint since() const noexcept { return since_; }

  private:
    void expired() noexcept override {
        if (outcome_ == Outcome::waiting) {
            settle(Outcome::timed_out);
        } else {
            awaiting_.resume();
        }
    }
    void leave() noexcept {
        if (!std::exchange(in_line_, false)) return;
        disarm();
        std::erase(line_, this);
        if (ticket_ != 0) pool_.share_->leave(ticket_);
    }

    UpstreamPool& pool_;
    std::deque<Waiter*>& line_;
    UpstreamShare::Ticket ticket_ = 0;
    Kept kept_ = Kept::welcome;
    UpstreamShare::TimePoint since_{};
    bool in_line_ = true;
    Outcome outcome_ = Outcome::waiting;
    std::coroutine_handle<> awaiting_;
};

}  // namespace corsd::proxy
