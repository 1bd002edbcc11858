#include "proxy/upstream_pool.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "proxy/upstream_waiter.hpp"
#include "telemetry/log.hpp"

namespace corsd::proxy {

using net::IoError;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A request of this worker goes before one of another that has waited longer, so that a kept connection need not be
/// closed for the other to open one; but only by so much.
constexpr milliseconds kPatience{100};

/// While its request had no connection.
constexpr Failure kClientLeft{Stage::connect, Side::client, Retry::no, IoError::reset, {}};

}  // namespace

UpstreamPool::UpstreamPool(std::shared_ptr<UpstreamShare> share, Site site)
    : share_(std::move(share)),
      door_(std::make_shared<PoolDoor>(*this, site.loop.poller)),
      site_(site),
      endpoints_(share_->definition, share_->workers.fetch_add(1)) {
    share_->add(door_);
}

UpstreamPool::~UpstreamPool() {
    close_idle();
    door_->shut();
    share_->remove(*door_);
}

void UpstreamPool::set_endpoints(std::span<const EndpointAddress> addresses) {
    known_ = true;
    for (const auto& gone : endpoints_.replace(addresses))
        drop_idle(*gone);
    while (!unresolved_.empty())
        unresolved_.front()->settle(Waiter::Outcome::served);
}

Standing UpstreamPool::note_failure(Endpoint& endpoint, const Failure& failure) {
    const bool ours = failure.side == Side::client || failure.cause == IoError::exhausted ||
                      failure.cause == IoError::cancelled || failure.stage == Stage::queue ||
                      failure.stage == Stage::resolve || failure.stage == Stage::choose;
    const bool ran_out = failure.retry != Retry::no && failure.stage != Stage::connect;
    if (ours || ran_out) return Standing::stays;
    const Trouble trouble = failure.stage == Stage::connect ? Trouble::unreachable : Trouble::poor;
    if (endpoints_.failed(endpoint, trouble, steady_clock::now()) == Standing::stays) return Standing::stays;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(upstream().ejection.duration);
    const std::string how_long = endpoints_.all_ejected() ? "as all others, until it lets somebody in"
                                                          : "for " + std::to_string(seconds.count()) + " s";
    telemetry::log_write(telemetry::Level::warn, "upstream " + upstream().name + ": " + endpoint.text +
                                                     " is left out " + how_long + ": " +
                                                     std::string(describe(failure)));
    return Standing::ejected;
}

void UpstreamPool::note_life(Endpoint& endpoint) {
    if (!endpoints_.readmitted(endpoint)) return;
    telemetry::log_write(telemetry::Level::info, "upstream " + upstream().name + ": " + endpoint.text + " is back");
}

std::unique_ptr<H1Client> UpstreamPool::take_idle(Endpoint& endpoint, Check check) noexcept {
    while (!endpoint.idle.empty()) {
        std::unique_ptr<H1Client> client = std::move(endpoint.idle.back());
        endpoint.idle.pop_back();
        share_->idle.fetch_sub(1, std::memory_order_relaxed);
        client->leave_pool();
        if (check == Check::none || client->is_quiet()) return client;
    }
    return nullptr;
}

std::unique_ptr<H1Client> UpstreamPool::take_any_idle() noexcept {
    for (const auto& endpoint : endpoints_.all()) {
        if (endpoint->ejected) continue;
        if (std::unique_ptr<H1Client> client = take_idle(*endpoint, Check::alive)) return client;
    }
    return nullptr;
}

void UpstreamPool::give_up_one() noexcept {
    if (share_->waiting.load() == 0) return;
    for (const auto& endpoint : endpoints_.all()) {
        if (endpoint->idle.empty()) continue;
        share_->idle.fetch_sub(1, std::memory_order_relaxed);
        endpoint->idle.erase(endpoint->idle.begin());
        return;
    }
}

net::Task<UpstreamPool::Opened> UpstreamPool::open(Wish wish) {
    Opened opened;
    if (wish.endpoint == nullptr) co_await wait_for_endpoints(wish, opened);
    if (opened.failure.failed()) co_return opened;
    // Who comes now stands behind those who wait already.
    if (share_->waiting.load() == 0 && share_->try_open()) {
        opened.place = Place(share_, wish.endpoint);
    } else {
        co_await wait_for_turn(wish, opened);
        if (opened.failure.failed() || opened.client != nullptr) co_return opened;
    }
    co_await dial(wish, opened);
    co_return opened;
}

/// A name that has not been resolved yet, just after the start, is waited for; one that does not resolve is not.
net::Task<void> UpstreamPool::wait_for_endpoints(Wish& wish, Opened& opened) {
    if (!known_) {
        Waiter waiter(*this, unresolved_);
        wish.exchange->watch(&waiter);
        const Waiter::Outcome outcome = co_await waiter.settled(wish.connect_within);
        wish.exchange->watch(nullptr);
        if (outcome == Waiter::Outcome::gone) {
            opened.failure = kClientLeft;
            co_return;
        }
    }
    const std::shared_ptr<Endpoint>* const chosen = endpoints_.choose(0);
    if (chosen != nullptr) {
        wish.endpoint = *chosen;
    } else {
        opened.failure = nobody();
    }
}

/// Why choose() gives nobody.
Failure UpstreamPool::nobody() const noexcept {
    const Stage stage = endpoints_.all_ejected() ? Stage::choose : Stage::resolve;
    return Failure{stage, Side::upstream, Retry::no, IoError::none, {}};
}

/// Ends with a connection that came free, or with the right to open one, counted already.
net::Task<void> UpstreamPool::wait_for_turn(Wish& wish, Opened& opened) {
    // One of our own to another endpoint, or one that has outlived its use.
    std::unique_ptr<H1Client> kept = take_any_idle();
    if (kept != nullptr && wish.kept == Kept::welcome) {
        opened.client = std::move(kept);
        co_return;
    }
    opened.failure = Failure{Stage::queue, Side::upstream, Retry::no, IoError::exhausted, {}};
    Waiter waiter(*this, queue_);
    const UpstreamShare::Ticket ticket = share_->join(door_);
    if (ticket == 0) co_return;
    waiter.take_ticket(ticket, wish.kept);
    kept.reset();
    share_->ask_for_idle(*door_);
    share_->call_next();  // a connection may have been closed before we stood in the line
    wish.exchange->watch(&waiter);
    const Waiter::Outcome outcome = co_await waiter.settled(upstream().queue.timeout);
    wish.exchange->watch(nullptr);
    if (outcome == Waiter::Outcome::gone) {
        opened.failure = kClientLeft;
    } else if (outcome == Waiter::Outcome::timed_out) {
        opened.failure.cause = IoError::timed_out;
    } else {
        opened.failure = {};
        opened.client = std::move(waiter.handed);
        if (opened.client != nullptr) co_return;
        opened.place = Place(share_, wish.endpoint);
        if (!wish.endpoint->gone && !wish.endpoint->ejected) co_return;
        // Much has happened to the endpoint meanwhile.
        const std::shared_ptr<Endpoint>* const now = endpoints_.choose(0);
        if (now != nullptr) {
            wish.endpoint = *now;
            opened.place.move_to(*now);
        } else {
            opened.failure = nobody();
        }
    }
}

/// A connection being made, given up when the client goes away.
class UpstreamPool::Dialling final : public Abortable {
  public:
    void abort() noexcept override {
        aborted = true;
        if (stream) stream.close();
    }
    bool aborted = false;
    net::Stream stream;
};

net::Task<void> UpstreamPool::dial(const Wish& wish, Opened& opened) {
    // The first of two endpoints may not use up the time of both.
    const bool halved = wish.may_fail_over && endpoints_.has_other(wish.endpoint->id);
    const milliseconds within = halved ? wish.connect_within / 2 : wish.connect_within;
    const auto start = steady_clock::now();
    Dialling dialling;
    net::IoResult result;
    wish.exchange->watch(&dialling);  // who has left already is told of at once
    if (!dialling.aborted) {
        opened.endpoint = wish.endpoint;
        dialling.stream = net::Stream::dial(site_.loop, wish.endpoint->address, within);
        result = co_await dialling.stream.connected();
    }
    wish.exchange->watch(nullptr);
    opened.dialled = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
    if (dialling.aborted) {
        opened.failure = kClientLeft;
    } else if (!result.ok()) {
        // Nothing was sent: any request may go elsewhere. Descriptors are missing everywhere.
        const Retry retry = result.error == IoError::exhausted ? Retry::no : Retry::any;
        opened.failure = Failure{Stage::connect, Side::upstream, retry, result.error, {}};
    } else {
        note_life(*wish.endpoint);
        opened.client = std::make_unique<H1Client>(std::move(dialling.stream), site_.buffers, std::move(opened.place));
    }
    opened.place = {};
}

void UpstreamPool::called(UpstreamShare::Ticket ticket) {
    const auto found =
        std::find_if(queue_.begin(), queue_.end(), [&](const Waiter* waiter) { return waiter->ticket() == ticket; });
    if (found == queue_.end()) {  // it is gone: the next
        share_->call_next();
        return;
    }
    Waiter& waiter = **found;
    if (share_->try_open()) {
        waiter.settle(Waiter::Outcome::served);
    } else {
        share_->join_again(ticket, door_, waiter.since());
    }
    if (share_->waiting.load() != 0) share_->call_next();
}

void UpstreamPool::give_back(std::unique_ptr<H1Client> client) {
    Endpoint& endpoint = client->endpoint();
    if (endpoint.ejected) note_life(endpoint);
    if (!client->reusable() || closed_ || endpoint.gone) return;
    const milliseconds within = client->keep_for(upstream().idle_timeout);
    if (within.count() <= 0) return;
    const std::size_t others = share_->idle.fetch_add(1);
    // Only now: who begins to wait counts itself first, and then looks for idle ones.
    const bool awaited = share_->waiting.load() != 0;
    if (awaited || others >= upstream().max_idle) {
        share_->idle.fetch_sub(1, std::memory_order_relaxed);
        if (awaited) hand_over(std::move(client));
        return;
    }
    H1Client& kept = *client;
    try {
        endpoint.idle.push_back(std::move(client));
    } catch (const std::bad_alloc&) {
        share_->idle.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    if (!kept.enter_pool(*this, within)) evict(kept);  // closed already, or bytes that nobody asked for
}

/// To the first of ours, or else closed: then whoever is first in all may open one.
void UpstreamPool::hand_over(std::unique_ptr<H1Client> client) {
    if (queue_.empty() || !client->is_quiet()) return;
    Waiter& first = *queue_.front();
    if (first.kept() == Kept::unwelcome || share_->first_since() < first.since() - kPatience) return;
    client->leave_pool();
    first.handed = std::move(client);
    first.settle(Waiter::Outcome::served);
}

void UpstreamPool::evict(H1Client& client) noexcept {
    auto& idle = client.endpoint().idle;
    const auto found =
        std::find_if(idle.begin(), idle.end(), [&](const auto& other) { return other.get() == &client; });
    if (found == idle.end()) return;
    share_->idle.fetch_sub(1, std::memory_order_relaxed);
    idle.erase(found);
}

void UpstreamPool::drop_idle(Endpoint& endpoint) noexcept {
    share_->idle.fetch_sub(endpoint.idle.size(), std::memory_order_relaxed);
    endpoint.idle.clear();
}

void UpstreamPool::close_idle() noexcept {
    closed_ = true;
    for (const auto& endpoint : endpoints_.all())
        drop_idle(*endpoint);
}

}  // namespace corsd::proxy
