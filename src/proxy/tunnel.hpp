// After a 101 the connection belongs to another protocol (RFC 9110 section 15.2.2): bytes both ways, until both ends
// have said their last.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "net/deadline_wheel.hpp"
#include "net/task.hpp"
#include "proxy/context.hpp"
#include "proxy/h1_client.hpp"

namespace corsd::proxy {

/// Carries the tunnel of an exchange whose 101 has gone out, and whose request was sent whole. When it returns, both
/// connections are closed or good for nothing else; why, if it did not end by itself, stands in context.detail.
net::Task<void> carry_tunnel(Context& context, H1Client& upstream);

/// Two directions, each with back-pressure of its own: what one end does not take, the other is not asked for. An end
/// that sends no more (FIN) keeps the other going; a reset cuts both; so do timeouts.stream without a byte either way.
/// While nothing moves neither direction holds a buffer. One thread; lives in the coroutine that awaits run().
class Tunnel final : public Abortable, private net::Deadline {
  public:
    /// Why a tunnel did not end by itself.
    enum class Ending : std::uint8_t {
        whole,
        silent,
        client_reset,
        upstream_reset,
        client_stuck,
        upstream_stuck,
        closed
    };

    Tunnel(Exchange& exchange, H1Client& upstream, net::DeadlineWheel& wheel);
    ~Tunnel();
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    net::Task<void> run();
    [[nodiscard]] Ending ending() const noexcept { return ending_; }

    /// The client is gone, or the worker's time is over.
    void abort() noexcept override;

  private:
    /// How a tunnel is ended from this side: so that both ends read an end, or that neither takes what it has for
    /// whole.
    enum class Close : std::uint8_t { orderly, reset };

    net::Task<void> relay_up();
    net::Task<void> relay_down();
    void expired() noexcept override;
    void end(Ending ending, Close how) noexcept;
    void touch() noexcept { last_byte_ = std::chrono::steady_clock::now(); }

    Exchange& exchange_;
    H1Client& upstream_;
    net::DeadlineWheel& wheel_;
    std::chrono::milliseconds silence_;  // timeouts.stream
    std::chrono::steady_clock::time_point last_byte_;
    int writes_ = 0;  // that wait: they have deadlines of their own
    Ending ending_ = Ending::whole;
};

/// For the log; empty for a tunnel that ended by itself. Static.
[[nodiscard]] std::string_view describe(Tunnel::Ending ending) noexcept;

/// One end of a tunnel as its owner lends it for reading.
struct RawEnd {
    net::Stream& stream;
    Buffer& buffer;
    BufferPool& buffers;
    std::uint64_t& bytes;  // counts what was read
};

/// The next bytes of an end, or its end (More::no). The buffer is held only while there is something in it: the bytes
/// are valid until the next read. Waits without a deadline: the tunnel has one for both directions.
net::Task<BodyPiece> read_raw(RawEnd end);

}  // namespace corsd::proxy
