// A listening socket of the main thread: accepts and hands over.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "proxy/worker.hpp"

namespace corsd::ops {

/// Main thread. Accepts while `room` allows it, pauses when descriptors run out, and never ends by itself.
class Acceptor {
  public:
    /// What the server does with connections. Both are called on the main thread.
    struct Hooks {
        std::function<bool()> room;  // may another connection be taken?
        std::function<void(proxy::Accepted)> accepted;
    };

    /// `number` is what connections of this listener are known by.
    Acceptor(boost::asio::io_context& io, const config::Listener& listener, std::uint32_t number, Hooks hooks);
    /// Not from within one of its own calls.
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Binds and listens. Returns what went wrong ("cannot listen on 127.0.0.1:80: Permission denied"), or nothing.
    [[nodiscard]] std::string open();
    /// Instead of open(): accepts on a socket that listens already. It is not ours: it stays open and keeps its queue.
    [[nodiscard]] std::string open_passed(int descriptor);
    void start();
    /// Shutdown: takes what is in the queue, whose clients have been told that they are connected and may have sent a
    /// request, and closes. A passed socket's queue is left to whoever accepts on it next.
    void finish();
    void close() noexcept;
    [[nodiscard]] const config::Listener& listener() const noexcept { return listener_; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  private:
    void wait();
    enum class Taken : std::uint8_t { one, all, exhausted };  // exhausted: no descriptors or memory just now
    [[nodiscard]] Taken accept_one();
    void accept_all();
    [[nodiscard]] int hand_over(proxy::Accepted accepted);
    void pause(std::chrono::milliseconds time);
    void report_exhaustion(int error);
    void report_room();
    [[nodiscard]] std::string take(int family, net::Descriptor descriptor);
    [[nodiscard]] std::string bind_error(const std::string& what, int error) const;

    const config::Listener listener_;
    const std::uint32_t number_;
    Hooks hooks_;
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>
        acceptor_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        timer_;
    bool exhausted_ = false;  // as the log knows it
    std::chrono::steady_clock::time_point exhausted_at_{};
    bool owns_path_ = false, passed_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what is told of later
};

}  // namespace corsd::ops
