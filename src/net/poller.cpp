#include "net/poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace corsd::net {

namespace {

/// Events taken at once; what is left comes with the next batch.
constexpr int kBatch = 256;

int new_epoll() {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return descriptor;
}

}  // namespace

Poller::Poller(boost::asio::io_context& io) : io_(io), epoll_(io.get_executor(), new_epoll()) {
    wait();
}

Poller::~Poller() {
    deferred_ = nullptr;
    free_retired();
}

bool Poller::add(int descriptor, Pollable& pollable) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &pollable;
    return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::wait() {
    auto told = [this](const boost::system::error_code& error) {
        if (error || stopped_) return;
        dispatch();
        if (!stopped_) wait();
    };
    epoll_.async_wait(decltype(epoll_)::wait_read, wait_block_.hold(told));
}

void Poller::dispatch() noexcept {
    std::array<epoll_event, kBatch> events;
    const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kBatch, 0);
    dispatching_ = true;
    for (int i = 0; i < count; ++i) {
        auto& pollable = *static_cast<Pollable*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (!pollable.is_retired_) pollable.ready(events[static_cast<std::size_t>(i)].events);
    }
    run_deferred();
    dispatching_ = false;
    free_retired();
    if (deferred_ != nullptr) wake();
}

void Poller::run_deferred() noexcept {
    // Only what is there now: who defers again gets its turn after the next batch.
    Pollable* pollable = std::exchange(deferred_, nullptr);
    while (pollable != nullptr) {
        Pollable* const next = std::exchange(pollable->next_deferred_, nullptr);
        pollable->is_deferred_ = false;
        if (!pollable->is_retired_) pollable->deferred();
        pollable = next;
    }
}

void Poller::post(std::function<void()> call) {
    boost::asio::post(io_, std::move(call));
}

void Poller::defer(Pollable& pollable) noexcept {
    if (std::exchange(pollable.is_deferred_, true)) return;
    pollable.next_deferred_ = std::exchange(deferred_, &pollable);
    if (!dispatching_) wake();
}

void Poller::retire(Pollable* pollable) noexcept {
    pollable->is_retired_ = true;
    pollable->next_retired_ = std::exchange(retired_, pollable);
    if (!dispatching_) wake();
}

void Poller::wake() noexcept {
    if (stopped_ || std::exchange(woken_, true)) return;
    auto woken = [this] {
        woken_ = false;
        dispatching_ = true;
        run_deferred();
        dispatching_ = false;
        free_retired();
        if (deferred_ != nullptr) wake();
    };
    boost::asio::post(io_, wake_block_.hold(woken));
}

void Poller::free_retired() noexcept {
    // One that is deferred too is freed after its turn has passed.
    Pollable* pollable = std::exchange(retired_, nullptr);
    while (pollable != nullptr) {
        Pollable* const next = pollable->next_retired_;
        if (pollable->is_deferred_ && deferred_ != nullptr) {
            pollable->next_retired_ = std::exchange(retired_, pollable);
        } else {
            delete pollable;
        }
        pollable = next;
    }
}

void Poller::stop() noexcept {
    stopped_ = true;
    boost::system::error_code ignored;
    epoll_.cancel(ignored);
}

}  // namespace corsd::net
