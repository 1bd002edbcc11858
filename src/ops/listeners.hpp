// The listening sockets of the process, and how one set of them becomes another without touching those that stay.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "ops/acceptor.hpp"
#include "ops/passed_sockets.hpp"

namespace corsd::ops {

/// Main thread. A listener is known by its address; each that is opened gets a number of its own, never used again.
class Listeners {
  public:
    Listeners(boost::asio::io_context& io, Acceptor::Hooks hooks, const PassedSockets& passed)
        : io_(io), hooks_(std::move(hooks)), passed_(passed) {}

    /// Opens those of `wanted` that are not open. Nothing else changes: commit() or discard() ends the change. Returns
    /// what went wrong, in one line; then nothing is left open of it.
    [[nodiscard]] std::string prepare(const std::vector<config::Listener>& wanted);
    void discard() noexcept { prepared_.clear(); }
    /// Accepts on what prepare() opened, and closes what `wanted` has no more, after taking what waits in its queue.
    /// Returns the numbers of those: their connections are to end.
    [[nodiscard]] std::vector<std::uint32_t> commit(const std::vector<config::Listener>& wanted);
    /// Shutdown: takes what waits in all queues and closes them.
    void finish();

  private:
    [[nodiscard]] std::string open(const config::Listener& listener);
    [[nodiscard]] std::string open_passed(const config::Listener& listener);
    [[nodiscard]] std::string busy_hint(const config::Address& address) const;

    boost::asio::io_context& io_;
    Acceptor::Hooks hooks_;
    const PassedSockets& passed_;
    std::vector<std::unique_ptr<Acceptor>> open_, prepared_;
    std::uint32_t last_number_ = 0;
};

}  // namespace corsd::ops
