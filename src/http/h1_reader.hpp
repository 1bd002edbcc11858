// The strict head tokenizer of HTTP/1.1 (RFC 9112), sans-I/O: bytes in, a head out. Resumable: it never looks twice at a line
// that it has finished, however the bytes arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/head.hpp"

namespace corsd::http {

/// What becomes of field names with an underscore (`headers.underscores`).
enum class Underscores : std::uint8_t { drop, keep, reject };

/// Reads request heads. One per connection; its vectors keep their capacity, so that a warm one allocates nothing.
class RequestReader {
  public:
    RequestReader(const HeadLimits& limits, Underscores underscores);

    /// Forgets the last message. Limits and setting may be changed (a reload).
    void reset() noexcept;
    void configure(const HeadLimits& limits, Underscores underscores) noexcept;

    /// `data` holds the message from its first byte: the same bytes as in the last call and whatever has come since (they may have moved to
    /// another address). After `complete` head() views into `data`, which must not move while the head is in use.
    /// Refuses as early as the offending line is complete: request line, names, values, repeated or conflicting framing, Host,
    /// limits (431, 414), version (505), CONNECT/TRACE/TRACK and unknown transfer codings (501).
    [[nodiscard]] Progress feed(std::string_view data);

    [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
    [[nodiscard]] const ParseFailure& failure() const noexcept { return failure_; }
    /// Has a byte of a message (other than the tolerated empty lines before it) been seen since reset()?
    [[nodiscard]] bool started() const noexcept;

  private:
    // (owned by the room: add what is needed)
    RequestHead head_;
    ParseFailure failure_;
    HeadLimits limits_;
    Underscores underscores_;
};

/// Which request a response answers: it decides whether there is a body (RFC 9110 sections 9.3.2, 15).
enum class AnsweredMethod : std::uint8_t { other, head };

/// Reads response heads of upstreams; every failure is upstream_invalid. 1xx are complete heads of their own.
class ResponseReader {
  public:
    explicit ResponseReader(const HeadLimits& limits);

    void reset(AnsweredMethod method) noexcept;
    void configure(const HeadLimits& limits) noexcept;
    [[nodiscard]] Progress feed(std::string_view data);

    [[nodiscard]] const ResponseHead& head() const noexcept { return head_; }
    [[nodiscard]] const ParseFailure& failure() const noexcept { return failure_; }

  private:
    ResponseHead head_;
    ParseFailure failure_;
    HeadLimits limits_;
    AnsweredMethod method_ = AnsweredMethod::other;
};

}  // namespace corsd::http
