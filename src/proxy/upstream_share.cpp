#include "proxy/upstream_share.hpp"

#include <algorithm>
#include <new>

#include "proxy/upstream_pool.hpp"

namespace corsd::proxy {

using std::chrono::steady_clock;

// `open` and `waiting` are read and written in opposite orders by who closes and who begins to wait; with the order of
// all such operations being one and the same (seq_cst), at least one of the two sees the other.

void UpstreamShare::add(std::shared_ptr<PoolDoor> door) {
    const std::lock_guard lock(mutex_);
    doors_.push_back(std::move(door));
}

void UpstreamShare::remove(const PoolDoor& door) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(doors_, [&](const auto& other) { return other.get() == &door; });
}

bool UpstreamShare::has_room() const noexcept {
    return definition.max_connections == 0 || open.load() < definition.max_connections;
}

bool UpstreamShare::try_open() noexcept {
    std::size_t now = open.load();
    do {
        if (definition.max_connections != 0 && now >= definition.max_connections) return false;
    } while (!open.compare_exchange_weak(now, now + 1));
    return true;
}

void UpstreamShare::closed() noexcept {
    open.fetch_sub(1);
    if (waiting.load() != 0) call_next();
}

UpstreamShare::Ticket UpstreamShare::join(const std::shared_ptr<PoolDoor>& door) {
    if (waiting.fetch_add(1) >= definition.queue.length) {
        waiting.fetch_sub(1);
        return 0;
    }
    const std::lock_guard lock(mutex_);
    try {
        line_.emplace(last_ + 1, Place{door, steady_clock::now()});
    } catch (...) {  // no memory
        waiting.fetch_sub(1);
        throw;
    }
    return ++last_;
}

void UpstreamShare::join_again(Ticket ticket, const std::shared_ptr<PoolDoor>& door, TimePoint since) {
    const std::lock_guard lock(mutex_);
    line_.emplace(ticket, Place{door, since});
}

void UpstreamShare::leave(Ticket ticket) noexcept {
    {
        const std::lock_guard lock(mutex_);
        line_.erase(ticket);
    }
    waiting.fetch_sub(1);
}

void UpstreamShare::call_next() noexcept {
    if (!has_room()) return;
    const std::lock_guard lock(mutex_);
    if (line_.empty()) return;
    auto first = line_.extract(line_.begin());
    try {
        call(first.mapped(), first.key());
    } catch (const std::bad_alloc&) {  // it stays where it was: the next that is closed calls it, or its time runs out
        line_.insert(std::move(first));
    }
}

void UpstreamShare::call(const Place& place, Ticket ticket) {
    place.door->poller_.post([self = shared_from_this(), door = place.door, ticket] {
        if (door->pool_ != nullptr) {
            door->pool_->called(ticket);
        } else {
            self->call_next();
        }
    });
}

UpstreamShare::TimePoint UpstreamShare::first_since() noexcept {
    const std::lock_guard lock(mutex_);
    return line_.empty() ? TimePoint::max() : line_.begin()->second.since;
}

void UpstreamShare::ask_for_idle(const PoolDoor& asking) noexcept {
    if (idle.load() == 0) return;
    const std::lock_guard lock(mutex_);
    for (const auto& door : doors_) {
        if (door.get() == &asking) continue;
        try {
            door->poller_.post([door = door] {
                if (door->pool_ != nullptr) door->pool_->give_up_one();
            });
        } catch (const std::bad_alloc&) {
            return;  // then they keep theirs
        }
    }
}

}  // namespace corsd::proxy
