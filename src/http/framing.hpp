// Where a body ends (RFC 9112 section 6). Every refusal that keeps two readers from seeing two different messages in
// the same bytes lives here: what is not said exactly once, in exactly one way, is refused and never repaired.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.hpp"

namespace corsd::http {

/// The value of a Content-Length: digits, no sign, no list, no leading zero, below 2^63. False: it is none.
[[nodiscard]] bool parse_content_length(std::string_view value, std::uint64_t& out) noexcept;

/// Collects what the fields of one head say about framing and persistence. Calls answer with Reason::none, or with why
/// the message is refused, as soon as the line that makes it so is known. The reasons are those of a request; a
/// response that fails is upstream_invalid.
class FramingFacts {
  public:
    void reset() noexcept { *this = {}; }

    [[nodiscard]] ParseFailure content_length(std::string_view value) noexcept;
    [[nodiscard]] ParseFailure transfer_encoding(std::string_view value) noexcept;
    /// Notes `close` and `keep-alive`; other and malformed elements say nothing about persistence.
    void connection(std::string_view value) noexcept;

    /// At the end of the head.
    [[nodiscard]] ParseFailure request(std::uint8_t minor, Framing& out) const noexcept;
    [[nodiscard]] Persistence persistence(std::uint8_t minor) const noexcept;
    /// Fills framing and persistence of a head whose status and version are known.
    [[nodiscard]] ParseFailure response(AnsweredMethod method, ResponseHead& head) const noexcept;

  private:
    std::uint64_t length_ = 0;
    bool has_length_ = false;
    bool chunked_ = false;
    bool close_ = false;
    bool keep_alive_ = false;
};

}  // namespace corsd::http
