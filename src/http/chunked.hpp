// The chunked transfer coding (RFC 9112 section 7.1), strict and sans-I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head.hpp"

namespace corsd::http {

/// Decodes one chunked body. Extensions are bounded and dropped; the trailer section is bounded, checked and kept.
class ChunkedDecoder {
  public:
    struct Step {
        Progress progress = Progress::need_more;
        std::size_t consumed = 0;  // bytes of the input that are done with; feed the rest again with more behind it
        std::size_t payload = 0;   // bytes of body, moved together at the start of the input
    };

    explicit ChunkedDecoder(const HeadLimits& limits = {});
    void reset() noexcept;

    /// Works in place: the payload found in `data` is compacted to its front. Everything is consumed except what
    /// follows the end of the body: partial chunk headers and trailer lines are kept inside.
    [[nodiscard]] Step decode(char* data, std::size_t size);

    /// Valid after complete; names as received.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& trailers() const noexcept {
        return trailers_;
    }
    [[nodiscard]] const ParseFailure& failure() const noexcept { return failure_; }

  private:
    enum class State : std::uint8_t {
        size_first,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer,
        complete,
        failed
    };

    std::size_t payload_run(char* data, std::size_t available, Step& step) noexcept;
    void control_byte(char c);
    void size_byte(char c);
    std::size_t trailer_run(const char* data, std::size_t available);
    void trailer_line();
    void fail(Reason reason, const char* detail) noexcept;

    HeadLimits limits_;
    State state_ = State::size_first;
    std::uint64_t left_ = 0;           // of the chunk: its size while that is read, then what is still to come
    unsigned digits_ = 0;              // of the size read so far
    std::size_t extension_bytes_ = 0;  // in the whole body
    std::size_t trailer_bytes_ = 0;    // of the whole section
    std::string line_;                 // the unfinished trailer line
    std::vector<std::pair<std::string, std::string>> trailers_;
    ParseFailure failure_;
};

/// May a field of this name be sent on in a trailer section? Not those that decide framing, routing, authentication,
/// content or policy (RFC 9110 section 6.5.1): whoever merges trailers into the head must not be told anything new by
/// them.
[[nodiscard]] bool may_trail(std::string_view name) noexcept;

/// Frames `payload` bytes as one chunk: writes its header ("1f40\r\n") into `space` and answers with a view of it;
/// "\r\n" follows the payload. `payload` must not be 0 (that would end the body).
[[nodiscard]] std::string_view chunk_header(std::uint64_t payload, std::array<char, 20>& space) noexcept;
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace corsd::http
