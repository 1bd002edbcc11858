// The chunked transfer coding (RFC 9112 section 7.1), strict and sans-I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.hpp"

namespace corsd::http {

/// Decodes one chunked body. Extensions are bounded and dropped; the trailer section is bounded, checked and kept. A
/// body without trailers costs no memory.
class ChunkedDecoder {
  public:
    struct Step {
        Progress progress = Progress::need_more;
        std::size_t consumed = 0;  // bytes of the input that are done with; feed the rest again with more behind it
        std::size_t payload = 0;   // bytes of body, moved together at the start of the input
    };

    explicit ChunkedDecoder(const HeadLimits& limits = {});
    /// Of the trailers to come.
    void configure(const HeadLimits& limits) noexcept { limits_ = limits; }
    void reset() noexcept;

    /// Works in place: the payload found in `data` is compacted to its front. Everything is consumed except what
    /// follows the end of the body: partial chunk headers and trailer lines are kept inside.
    [[nodiscard]] Step decode(char* data, std::size_t size);

    /// The trailer section, after complete and until reset(): "Name: value\r\n" a field, names as received.
    [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }
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
    std::size_t trailer_fields_ = 0;
    std::string line_;      // the unfinished trailer line
    std::string trailers_;  // the finished ones
    ParseFailure failure_;
};

/// What is to be sent of a body.
struct BodyPart {
    enum class Place : std::uint8_t { inside, last };
    std::string_view bytes;  // may be empty
    Place place = Place::inside;
    std::string_view trailers;  // with the last part: "Name: value\r\n" a field
};

/// A part in the chunked coding: the views to send, one after the other, empty ones among them.
class ChunkFrame {
  public:
    static constexpr std::size_t kPieces = 5;

    /// Writes the size of the chunk into this frame, which must not move while the views are used.
    [[nodiscard]] std::array<std::string_view, kPieces> frame(const BodyPart& part) noexcept;

  private:
    std::array<char, 20> size_;
};

}  // namespace corsd::http
