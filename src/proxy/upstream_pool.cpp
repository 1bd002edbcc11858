#include "proxy/upstream_pool.hpp"

#include <algorithm>
#include <utility>

namespace corsd::proxy {

using net::IoError;
using net::IoResult;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

UpstreamPool::UpstreamPool(std::shared_ptr<UpstreamShare> share, Site site) : share_(std::move(share)), site_(site) {
    idle_.reserve(upstream().max_idle);
}

UpstreamPool::~UpstreamPool() {
    close_idle();
}

std::unique_ptr<H1Client> UpstreamPool::take_idle() noexcept {
    if (idle_.empty()) return nullptr;
    std::unique_ptr<H1Client> client = std::move(idle_.back());
    idle_.pop_back();
    share_->idle.fetch_sub(1, std::memory_order_relaxed);
    client->idle_in_ = nullptr;
    client->stream_.end_wait();
    client->reused_ = true;
    return client;
}

net::Task<UpstreamPool::Connected> UpstreamPool::connect(Dial& dial, milliseconds within) {
    Connected outcome;
    outcome.failure = Failure{Stage::resolve, Side::upstream, Retry::no, IoError::unreachable, {}};
    // A copy: fresh addresses may arrive while a connection is being made.
    const std::vector<net::SocketAddress> addresses = addresses_;
    const auto end = steady_clock::now() + within;
    for (const net::SocketAddress& address : addresses) {
        if (dial.aborted_) {
            outcome.failure.cause = IoError::cancelled;
            break;
        }
        const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
        if (left.count() <= 0) {
            outcome.failure.cause = IoError::timed_out;
            break;
        }
        dial.stream_ = net::Stream::dial(site_.loop, address, left);
        const IoResult result = co_await dial.stream_.connected();
        if (result.ok()) {
            outcome.client = std::make_unique<H1Client>(std::move(dial.stream_), site_.buffers);
            outcome.client->counted_in_ = share_.get();
            share_->open.fetch_add(1, std::memory_order_relaxed);
            outcome.failure = Failure{};
            break;
        }
        outcome.failure.stage = Stage::connect;
        outcome.failure.cause = result.error;
        if (result.error == IoError::exhausted) break;
    }
    co_return outcome;
}

void UpstreamPool::give_back(std::unique_ptr<H1Client> client) {
    if (!client->reusable() || closed_) return;
    if (idle_.size() == idle_.capacity()) return;
    if (share_->idle.fetch_add(1, std::memory_order_relaxed) >= upstream().max_idle) {
        share_->idle.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    H1Client& kept = *client;
    kept.idle_in_ = this;
    site_.buffers.give(kept.buffer_);
    idle_.push_back(std::move(client));
    kept.stream_.start_wait(upstream().idle_timeout);
    if (kept.stream_.read_ready()) evict(kept);  // closed already, or bytes that nobody asked for
}

void UpstreamPool::evict(H1Client& client) noexcept {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const auto& idle) { return idle.get() == &client; });
    if (found == idle_.end()) return;
    share_->idle.fetch_sub(1, std::memory_order_relaxed);
    idle_.erase(found);
}

void UpstreamPool::close_idle() noexcept {
    closed_ = true;
    share_->idle.fetch_sub(idle_.size(), std::memory_order_relaxed);
    idle_.clear();
}

}  // namespace corsd::proxy
