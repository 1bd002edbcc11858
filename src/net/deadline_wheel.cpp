#include "net/deadline_wheel.hpp"

#include <algorithm>

namespace corsd::net {

DeadlineWheel::DeadlineWheel(boost::asio::io_context& io)
    : timer_(io.get_executor()), epoch_(std::chrono::steady_clock::now()) {
    for (Head& head : slots_)
        head.next_ = head.previous_ = &head;
    // What Asio needs to know of the timer it has from here on: later there is nothing left that can fail.
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
    timer_.async_wait([](const boost::system::error_code&) {});
    timer_.cancel();
}

DeadlineWheel::~DeadlineWheel() {
    for (Head& head : slots_) {
        while (head.next_ != &head)
            head.next_->unlink();
    }
}

std::uint64_t DeadlineWheel::clock_tick() const noexcept {
    return static_cast<std::uint64_t>((std::chrono::steady_clock::now() - epoch_) / kTick);
}

void DeadlineWheel::arm(Deadline& deadline, std::chrono::milliseconds after) noexcept {
    if (after.count() <= 0) {
        deadline.disarm();
        return;
    }
    if (!ticking_) {
        now_ = clock_tick();
        start_timer();
    }
    // now_ lags behind the clock by at most kMaxLag whole ticks and a part of one (advance() sees to that), and `after`
    // rounds up: never early.
    const auto ticks = static_cast<std::uint64_t>((after + kTick - std::chrono::milliseconds{1}) / kTick);
    deadline.expiry_ = now_ + ticks + kMaxLag + 1;
    if (deadline.next_ != nullptr) {
        if (deadline.slot_tick_ <= deadline.expiry_) return;  // its slot comes up first and relinks it
        deadline.unlink();
    }
    link(deadline);
}

void DeadlineWheel::link(Deadline& deadline) noexcept {
    // Beyond one turn of the wheel it is looked at once a turn.
    deadline.slot_tick_ = std::min(deadline.expiry_, now_ + kSlots - 1);
    Head& head = slots_[deadline.slot_tick_ % kSlots];
    deadline.previous_ = head.previous_;
    deadline.next_ = &head;
    head.previous_->next_ = &deadline;
    head.previous_ = &deadline;
}

void DeadlineWheel::start_timer() noexcept {
    if (stopped_) return;
    ticking_ = true;
    timer_.expires_at(epoch_ + kTick * static_cast<std::int64_t>(now_ + 1));
    auto tick = [this](const boost::system::error_code& error) {
        ticking_ = false;
        if (!error && !stopped_) advance();
    };
    timer_.async_wait(block_.hold(tick));
}

void DeadlineWheel::advance() noexcept {
    std::uint64_t target = clock_tick();
    if (target > now_ + kMaxLag) {
        // This thread was stopped or starved. That is nobody's fault out there, and what has come meanwhile is not read
        // yet: the wheel's clock stands still for the time that was missed.
        epoch_ += kTick * static_cast<std::int64_t>(target - (now_ + 1));
        target = now_ + 1;
    }
    ticking_ = true;  // what expires may arm again: no second timer
    while (now_ < target)
        sweep(++now_);
    ticking_ = false;
    if (!empty()) start_timer();
}

void DeadlineWheel::sweep(std::uint64_t tick) noexcept {
    Head& head = slots_[tick % kSlots];
    // Take the whole slot first: what is linked anew while it is visited is not visited again.
    Head taken;
    if (head.next_ == &head) return;
    taken.next_ = head.next_;
    taken.previous_ = head.previous_;
    taken.next_->previous_ = &taken;
    taken.previous_->next_ = &taken;
    head.next_ = head.previous_ = &head;
    while (taken.next_ != &taken) {
        Deadline& deadline = *taken.next_;
        deadline.unlink();
        if (deadline.expiry_ == Deadline::kNever) continue;
        if (deadline.expiry_ > now_) {
            link(deadline);
            continue;
        }
        deadline.disarm();
        deadline.expired();
    }
    taken.next_ = taken.previous_ = nullptr;
}

bool DeadlineWheel::empty() const noexcept {
    return std::all_of(slots_.begin(), slots_.end(), [](const Head& head) { return head.next_ == &head; });
}

void DeadlineWheel::stop() noexcept {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace corsd::net
