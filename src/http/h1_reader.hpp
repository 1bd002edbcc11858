// The strict head tokenizer of HTTP/1.1 (RFC 9112), sans-I/O: bytes in, a head out. Resumable: it never looks twice at
// a line that it has finished, however the bytes arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_line.hpp"
#include "http/head.hpp"
#include "http/head_scan.hpp"

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

    /// `data` holds the message from its first byte: the same bytes as in the last call and whatever has come since
    /// (they may have moved to another address). After `complete` head() views into `data`, which must not move while
    /// the head is in use. Refuses as early as the offending line is complete: request line, names, values, repeated or
    /// conflicting framing, Host, limits (431, 414), version (505), CONNECT/TRACE/TRACK and unknown transfer codings
    /// (501).
    [[nodiscard]] Progress feed(std::string_view data);

    [[nodiscard]] const RequestHead& head() const noexcept { return head_; }
    [[nodiscard]] const ParseFailure& failure() const noexcept { return failure_; }
    /// Has a byte of a message (other than the tolerated empty lines before it) been seen since reset()?
    [[nodiscard]] bool started() const noexcept { return started_; }

  private:
    enum class Phase : std::uint8_t { start_line, fields, complete };

    Progress advance(std::string_view data);
    Progress partial(LineScanner::Found found, std::string_view pending);
    [[nodiscard]] bool begin_method(std::string_view line) noexcept;
    [[nodiscard]] bool begin_line(std::string_view line);
    [[nodiscard]] bool field_line(std::string_view line);
    [[nodiscard]] bool count_field() noexcept;
    [[nodiscard]] bool take(const FieldLine& parsed);
    [[nodiscard]] bool understand(const Field& field);
    [[nodiscard]] bool finish();
    [[nodiscard]] bool refuse(Reason reason, const char* detail) noexcept;
    [[nodiscard]] bool check(const ParseFailure& failure) noexcept;
    void rebase(const char* base) noexcept;

    RequestHead head_;
    ParseFailure failure_;
    HeadLimits limits_;
    Underscores underscores_;
    Phase phase_ = Phase::start_line;
    bool started_ = false;
    bool expects_continue_ = false;
    bool host_seen_ = false;
    std::size_t empty_lines_ = 0;
    HeadScan scan_;
};

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
    enum class Phase : std::uint8_t { start_line, fields, complete };

    Progress advance(std::string_view data);
    [[nodiscard]] bool status_line(std::string_view line);
    [[nodiscard]] bool field_line(std::string_view line);
    [[nodiscard]] bool count_field() noexcept;
    [[nodiscard]] bool take(const Field& field);
    [[nodiscard]] bool finish();
    [[nodiscard]] bool refuse(const char* detail) noexcept;
    void rebase(const char* base) noexcept;

    ResponseHead head_;
    ParseFailure failure_;
    HeadLimits limits_;
    AnsweredMethod method_ = AnsweredMethod::other;
    Phase phase_ = Phase::start_line;
    HeadScan scan_;
};

}  // namespace corsd::http
