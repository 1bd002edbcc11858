// One request and its answer, as the client's protocol carries them: the seam between the proxy and HTTP/1.1 (later
// HTTP/2). One virtual call a chunk, none a header.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "http/head.hpp"
#include "http/target.hpp"
#include "net/io_result.hpp"
#include "net/task.hpp"
#include "proxy/answer_head.hpp"

namespace corsd::proxy {

/// Is there more of a body to come?
enum class More : std::uint8_t { yes, no };

/// A part of a body, or why there is none.
struct BodyPiece {
    std::string_view bytes;  // until the next read
    More more = More::yes;
    net::IoError error = net::IoError::none;  // of the connection
    http::ParseFailure failure;               // of the framing; reason none: fine

    [[nodiscard]] bool ok() const noexcept { return error == net::IoError::none && failure.reason == Reason::none; }
};

class Edition;

/// The two ends of the client's connection, as text and bytes.
struct ClientAddress {
    std::string text;                   // "192.0.2.1:51234"
    std::string host;                   // "192.0.2.1"
    std::array<std::uint8_t, 16> ip{};  // IPv4 mapped; zero for Unix sockets
};

/// Whom to stop when the client is gone while an upstream works for it.
class Abortable {
  public:
    virtual void abort() noexcept = 0;

  protected:
    ~Abortable() = default;
};

/// One thread. The head and the target are valid until finish.
class Exchange {
  public:
    virtual ~Exchange() = default;

    [[nodiscard]] virtual const http::RequestHead& head() const noexcept = 0;
    [[nodiscard]] virtual const ClientAddress& client() const noexcept = 0;
    /// What the request is served with, from its first byte to its record.
    [[nodiscard]] virtual const Edition& edition() const noexcept = 0;

    /// The next part of the request's body; waits for it within timeouts.body. Not after one with More::no.
    virtual net::Task<BodyPiece> read_body() = 0;
    /// Ends a read_body that waits, as `cancelled`: the answer is complete and the rest of the body does not matter.
    virtual void stop_body() noexcept = 0;
    /// Would read_body give something without waiting?
    [[nodiscard]] virtual bool body_at_hand() const noexcept = 0;

    /// The trailer section of the request's body, after the piece with More::no: "Name: value\r\n" a field, as
    /// received.
    [[nodiscard]] virtual std::string_view trailers() const noexcept = 0;

    /// An interim answer (1xx). HTTP/1.0 clients get none (RFC 9110 section 15.2).
    virtual net::Task<net::IoResult> send_interim(const AnswerHead& head) = 0;
    /// The final head with the first bytes of the body.
    virtual net::Task<net::IoResult> send_head(const AnswerHead& head, std::string_view first, More more) = 0;
    virtual net::Task<net::IoResult> send_body(std::string_view bytes, More more) = 0;
    /// The trailer section that leaves behind the piece with More::no, in the same form; until then it must live.
    /// Dropped when the answer is framed so that it has no place (RFC 9112 section 7.1.2).
    virtual void set_trailers(std::string_view section) noexcept = 0;
    /// The head of a 101: from here on the connection carries another protocol, read with read_tunnel and written with
    /// send_body, whose More::no tells the client that no more comes. Moves the head: views into it are void.
    virtual net::Task<net::IoResult> switch_protocols(const AnswerHead& head) = 0;
    /// The client's next bytes in that protocol; More::no at its end. Waits without a deadline; close ends it as
    /// `cancelled`.
    virtual net::Task<BodyPiece> read_tunnel() = 0;

    /// The connection ends with this answer: what the client sent is not trusted any further.
    virtual void end_after_answer() noexcept = 0;
    /// Cuts the connection so that what was sent cannot be taken for whole.
    virtual void abort() noexcept = 0;
    /// Closes the connection at once: what was sent stands.
    virtual void close() noexcept = 0;

    /// From now on whoever waits for an upstream wants to know that the client is gone; null ends that.
    virtual void watch(Abortable* upstream) noexcept = 0;
    [[nodiscard]] virtual bool peer_gone() const noexcept = 0;
    /// Bytes of bodies so far.
    [[nodiscard]] virtual std::uint64_t bytes_in() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t bytes_out() const noexcept = 0;
};

}  // namespace corsd::proxy
