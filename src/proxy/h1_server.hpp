// The client's side of HTTP/1.1: reads requests from a connection one after the other and carries each as an Exchange.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "proxy/buffer.hpp"
#include "proxy/edition.hpp"
#include "proxy/exchange.hpp"
#include "proxy/workspace.hpp"

namespace corsd::proxy {

class Worker;
enum class Admission : std::uint8_t;

/// How a connection came to be.
struct Arrival {
    ClientAddress client;
    Admission admission;
    std::uint32_t listener;  // as Accepted has it
};

/// What a client sent in place of a request, and whether it began one.
struct HeadOutcome {
    enum class Kind : std::uint8_t { request, refused, timed_out, gone };
    Kind kind = Kind::gone;
    http::ParseFailure failure;
};

/// One client connection. Lives on its worker's thread, owned by the worker's list until its coroutine ends.
class H1Server final : public Exchange, private net::StreamObserver {
  public:
    H1Server(Worker& worker, net::Stream stream, Arrival arrival);
    ~H1Server() override;
    H1Server(const H1Server&) = delete;
    H1Server& operator=(const H1Server&) = delete;

    /// Serves requests until the connection ends. Errors of the peer end only this connection.
    net::Task<void> serve();

    /// Shutdown, or its listener is gone: an idle connection ends at once, a busy one after the answers to what was
    /// sent before; the last of them says so if its head was not out yet.
    void drain() noexcept;
    /// Shutdown is over: cut it.
    void cut() noexcept;

    [[nodiscard]] const http::RequestHead& head() const noexcept override { return work_->reader.head(); }
    [[nodiscard]] const ClientAddress& client() const noexcept override { return arrival_.client; }
    [[nodiscard]] const Edition& edition() const noexcept override { return *edition_; }
    net::Task<BodyPiece> read_body() override;
    [[nodiscard]] bool body_at_hand() const noexcept override;
    void stop_body() noexcept override { stream_.cancel_read(); }
    [[nodiscard]] std::string_view trailers() const noexcept override { return work_->decoder.trailers(); }
    net::Task<net::IoResult> send_interim(const AnswerHead& head) override;
    net::Task<net::IoResult> send_head(const AnswerHead& head, std::string_view first, More more) override;
    net::Task<net::IoResult> send_body(std::string_view bytes, More more) override;
    void set_trailers(std::string_view section) noexcept override { trailers_out_ = section; }
    net::Task<net::IoResult> switch_protocols(const AnswerHead& head) override;
    net::Task<BodyPiece> read_tunnel() override;
    void end_after_answer() noexcept override;
    void abort() noexcept override;
    void close() noexcept override { stream_.close(); }
    void watch(Abortable* upstream) noexcept override;
    [[nodiscard]] bool peer_gone() const noexcept override { return gone_; }
    [[nodiscard]] std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
    [[nodiscard]] std::uint64_t bytes_out() const noexcept override { return bytes_out_; }

  private:
    friend class Worker;

    enum class Ending : std::uint8_t { open, after_answer, cut };
    enum class OutFraming : std::uint8_t { none, length, chunked, until_close };

    net::Task<HeadOutcome> read_head();
    void begin_head();
    net::Task<net::IoResult> await_bytes(std::chrono::milliseconds within);
    [[nodiscard]] std::chrono::milliseconds body_within() const noexcept;
    void park() noexcept;
    net::Task<void> refuse_head(HeadOutcome outcome);
    net::Task<bool> finish_exchange();
    net::Task<void> linger();
    void begin_exchange() noexcept;
    void disturbed(net::Disturbance disturbance) noexcept override;

    [[nodiscard]] bool reserve_body_space();
    [[nodiscard]] BodyPiece take_body() noexcept;
    [[nodiscard]] BodyPiece take_chunked() noexcept;
    [[nodiscard]] bool body_drainable() const noexcept;
    void decide_persistence(const AnswerHead& head) noexcept;
    void frame_answer(const AnswerHead& head) noexcept;
    void serialise(const AnswerHead& head);
    void keep_head_aside();
    [[nodiscard]] bool tunnels() const noexcept { return !head_aside_.empty(); }

    Worker& worker_;
    net::Stream stream_;
    Arrival arrival_;
    EditionLease edition_;  // from the first byte of a request on
    Buffer buffer_;
    std::string head_aside_;           // of a request that became a tunnel
    std::unique_ptr<Workspace> work_;  // from the first byte of a request on

    // The request being carried.
    http::BodyKind body_kind_ = http::BodyKind::none;
    std::uint64_t body_left_ = 0;
    bool body_done_ = true;
    bool body_broken_ = false;  // its framing or its connection failed: nothing behind it can be understood
    bool waits_for_continue_ = false;
    std::size_t head_end_ = 0;  // in the buffer's block
    bool reader_failed_ = false;
    std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
    std::uint64_t requests_ = 0;
    std::chrono::steady_clock::time_point head_started_{};

    // Its answer.
    OutFraming out_framing_ = OutFraming::none;
    std::string_view trailers_out_;
    bool answer_begun_ = false, answer_done_ = false;
    bool answer_failed_ = false;

    Ending ending_ = Ending::open;
    bool idle_ = true;
    bool gone_ = false;
    bool draining_;
    Abortable* upstream_ = nullptr;

    H1Server* next_ = nullptr;  // the worker's list
    H1Server* previous_ = nullptr;
};

}  // namespace corsd::proxy
