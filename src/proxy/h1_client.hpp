// The upstream's side of HTTP/1.1: one connection, one request at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/chunked.hpp"
#include "http/h1_reader.hpp"
#include "net/stream.hpp"
#include "proxy/buffer.hpp"
#include "proxy/exchange.hpp"
#include "proxy/failure.hpp"
#include "proxy/place.hpp"

namespace corsd::proxy {

class UpstreamPool;

/// Lives on its worker's thread. Leased from an UpstreamPool; while idle there, it holds no buffer and notices a close.
class H1Client final : public Abortable, private net::StreamObserver {
  public:
    H1Client(net::Stream stream, BufferPool& buffers, Place place);
    ~H1Client();
    H1Client(const H1Client&) = delete;
    H1Client& operator=(const H1Client&) = delete;

    /// Begins an exchange, whose answer is held to `limits`: forgets the last one.
    void begin(http::AnsweredMethod method, const http::HeadLimits& limits) noexcept;
    [[nodiscard]] net::Stream::WriteAwaiter send(std::span<const std::string_view> pieces,
                                                 std::chrono::milliseconds within) {
        return stream_.write_all(pieces, within);
    }
    /// Bounds the wait for the final response head, in all, from now on (timeouts.response). Nothing once it is there.
    void head_within(std::chrono::milliseconds within) noexcept;

    /// The next response head, interim ones (1xx) included. Waits as long as head_within says.
    net::Task<Failure> read_head();
    [[nodiscard]] const http::ResponseHead& head() const noexcept { return reader_.head(); }
    /// After an interim head was passed on: its bytes are done with.
    void drop_interim() noexcept;
    /// After the final head was serialised: its bytes are done with, the buffer serves the body.
    void begin_body() noexcept;
    /// The part of the body that came with the head, without waiting. Valid until read_body.
    [[nodiscard]] BodyPiece first_piece() noexcept;
    net::Task<BodyPiece> read_body(std::chrono::milliseconds within);

    /// The trailer section, after the piece with More::no.
    [[nodiscard]] std::string_view trailers() const noexcept { return decoder_.trailers(); }

    /// After a 101 was passed on: from here on the connection carries another protocol, and no other request.
    void begin_tunnel() noexcept;
    /// The upstream's next bytes in that protocol; More::no at its end. Waits without a deadline; abort ends it as
    /// `cancelled`.
    net::Task<BodyPiece> read_tunnel();
    /// The upstream reads the end of the client's bytes.
    void end_sending() noexcept { stream_.shutdown_send(); }

    /// May this connection serve another request? The response was complete and clean, and the upstream keeps the
    /// connection.
    [[nodiscard]] bool reusable() const noexcept;
    /// Has any byte of an answer arrived since begin()?
    [[nodiscard]] bool answered() const noexcept { return answered_; }
    [[nodiscard]] bool reused() const noexcept { return reused_; }
    /// Did the upstream ask for the body with 100 (Continue)?
    [[nodiscard]] bool continued() const noexcept { return continued_; }

    /// How long an idle connection may wait for its next request: `at_most`, and less than the upstream says that it
    /// keeps it (Keep-Alive: timeout), so that it is never the upstream that closes. Not positive: not at all.
    [[nodiscard]] std::chrono::milliseconds keep_for(std::chrono::milliseconds at_most) const noexcept;
    /// Has the upstream sent nothing meanwhile, not even its end? Asks the kernel.
    [[nodiscard]] bool is_quiet() const noexcept { return stream_.is_quiet(); }
    /// Waits in the pool from now on, which hears of a disturbance. False: there was one already.
    [[nodiscard]] bool enter_pool(UpstreamPool& pool, std::chrono::milliseconds within);
    /// Serves again.
    void leave_pool() noexcept;
    [[nodiscard]] Endpoint& endpoint() const noexcept { return place_.endpoint(); }

    /// By a reset: the upstream cannot take what it has for whole, and hears of it though it reads no more.
    void abort() noexcept override;
    void close() noexcept { stream_.close(); }

  private:
    void disturbed(net::Disturbance disturbance) noexcept override;
    [[nodiscard]] std::chrono::milliseconds head_left() const noexcept;
    [[nodiscard]] BodyPiece take_body() noexcept;

    Place place_;
    net::Stream stream_;
    BufferPool& buffers_;
    Buffer buffer_;
    http::ResponseReader reader_;
    http::ChunkedDecoder decoder_;
    http::AnsweredMethod method_ = http::AnsweredMethod::other;
    std::chrono::milliseconds head_within_{0};          // zero: no bound yet
    std::chrono::steady_clock::time_point head_end_{};  // what that comes to
    bool awaits_head_ = false;
    http::BodyKind body_kind_ = http::BodyKind::none;
    std::uint64_t body_left_ = 0;
    bool body_done_ = false, broken_ = false, answered_ = false, reused_ = false;
    bool persistent_ = false, continued_ = false;
    std::uint64_t tunnelled_ = 0;  // bytes
    std::chrono::milliseconds kept_by_peer_{std::chrono::milliseconds::max()};
    UpstreamPool* idle_in_ = nullptr;  // the pool it waits in
};

}  // namespace corsd::proxy
