#include "http/chunked.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/ascii.hpp"
#include "http/field_line.hpp"

namespace corsd::http {

namespace {

constexpr unsigned kMaxSizeDigits = 16;  // legal leading zeros included
/// Extensions mean nothing to anybody; a body that consists of them is an attack.
constexpr std::size_t kMaxExtensionBytes = 8 * 1024;
constexpr std::size_t kKeptTrailerBytes = 256;

}  // namespace

ChunkedDecoder::ChunkedDecoder(const HeadLimits& limits) : limits_(limits) {}

void ChunkedDecoder::reset() noexcept {
    state_ = State::size_first;
    left_ = 0;
    digits_ = 0;
    extension_bytes_ = 0;
    trailer_bytes_ = trailer_fields_ = 0;
    // An idle connection does not pay for the trailers of its last request.
    if (line_.capacity() + trailers_.capacity() > kKeptTrailerBytes) {
        line_ = {};
        trailers_ = {};
    }
    line_.clear();
    trailers_.clear();
    failure_ = {};
}

ChunkedDecoder::Step ChunkedDecoder::decode(char* data, std::size_t size) {
    Step step;
    while (step.consumed < size && state_ != State::complete && state_ != State::failed) {
        const auto available = size - step.consumed;
        if (state_ == State::data) {
            step.consumed += payload_run(data, available, step);
        } else if (state_ == State::trailer) {
            step.consumed += trailer_run(data + step.consumed, available);
        } else {
            control_byte(data[step.consumed++]);
        }
    }
    if (state_ == State::complete) step.progress = Progress::complete;
    if (state_ == State::failed) step.progress = Progress::failed;
    return step;
}

std::size_t ChunkedDecoder::payload_run(char* data, std::size_t available, Step& step) noexcept {
    const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(available, left_));
    if (step.payload != step.consumed) std::memmove(data + step.payload, data + step.consumed, run);
    step.payload += run;
    left_ -= run;
    if (left_ == 0) state_ = State::data_cr;
    return run;
}

void ChunkedDecoder::control_byte(char c) {
    switch (state_) {
        case State::size_first:
        case State::size:
            return size_byte(c);
        case State::extension:
            if (c == '\r') {
                state_ = State::size_lf;
            } else if (ascii::is_control(c) && c != '\t') {
                fail(Reason::bad_request, "a control character in a chunk extension");
            } else if (++extension_bytes_ > kMaxExtensionBytes) {
                fail(Reason::bad_request, "too many bytes of chunk extensions");
            }
            return;
        case State::size_lf:
            if (c != '\n') return fail(Reason::bad_request, "a chunk header ends in CR without LF");
            state_ = left_ == 0 ? State::trailer : State::data;
            return;
        case State::data_cr:
            if (c != '\r') return fail(Reason::bad_request, "a chunk is longer than its size");
            state_ = State::data_lf;
            return;
        case State::data_lf:
            if (c != '\n') return fail(Reason::bad_request, "a chunk is longer than its size");
            state_ = State::size_first;
            return;
        default:
            return;  // the other states take runs of bytes
    }
}

void ChunkedDecoder::size_byte(char c) {
    const int digit = ascii::hex_value(c);
    if (digit >= 0) {
        if (state_ == State::size_first) {
            left_ = 0;
            digits_ = 0;
            state_ = State::size;
        }
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        if (++digits_ > kMaxSizeDigits || left_ > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
            fail(Reason::bad_request, "a chunk size is too large");
        }
        return;
    }
    // White space is refused on either side of the size: other readers disagree about what it means.
    if (state_ == State::size && c == ';') {
        state_ = State::extension;
        if (++extension_bytes_ > kMaxExtensionBytes) fail(Reason::bad_request, "too many bytes of chunk extensions");
    } else if (state_ == State::size && c == '\r') {
        state_ = State::size_lf;
    } else {
        fail(Reason::bad_request, "a chunk size is not a hexadecimal number");
    }
}

std::size_t ChunkedDecoder::trailer_run(const char* data, std::size_t available) {
    const auto* lf = static_cast<const char*>(std::memchr(data, '\n', available));
    const auto run = lf != nullptr ? static_cast<std::size_t>(lf - data) + 1 : available;
    trailer_bytes_ += run;
    if (trailer_bytes_ > limits_.head_bytes) {
        fail(Reason::header_too_large, "the trailer section is too large");
        return run;
    }
    line_.append(data, lf != nullptr ? run - 1 : run);
    if (lf != nullptr) trailer_line();
    return run;
}

void ChunkedDecoder::trailer_line() {
    if (line_ == "\r") {
        state_ = State::complete;
        return;
    }
    if (++trailer_fields_ > limits_.fields) return fail(Reason::header_too_large, "too many trailer fields");
    FieldLine parsed;
    const auto fault = parse_field_line(line_, parsed);
    if (fault != LineFault::none) return fail(Reason::bad_request, describe(fault));
    trailers_.append(parsed.field.name).append(": ").append(parsed.field.value).append("\r\n");
    line_.clear();
}

void ChunkedDecoder::fail(Reason reason, const char* detail) noexcept {
    state_ = State::failed;
    failure_ = {reason, detail};
}

std::array<std::string_view, ChunkFrame::kPieces> ChunkFrame::frame(const BodyPart& part) noexcept {
    const bool last = part.place == BodyPart::Place::last;
    const bool trailed = last && !part.trailers.empty();
    std::array<std::string_view, kPieces> out{};
    if (!part.bytes.empty()) {
        std::size_t at = size_.size();
        size_[--at] = '\n';
        size_[--at] = '\r';
        for (std::uint64_t left = part.bytes.size(); left != 0; left >>= 4)
            size_[--at] = "0123456789abcdef"[left & 0xf];
        out[0] = {size_.data() + at, size_.size() - at};
        out[1] = part.bytes;
        out[2] = !last ? "\r\n" : trailed ? "\r\n0\r\n" : "\r\n0\r\n\r\n";
    } else if (last) {
        out[2] = trailed ? "0\r\n" : "0\r\n\r\n";
    }
    if (trailed) {
        out[3] = part.trailers;
        out[4] = "\r\n";
    }
    return out;
}

}  // namespace corsd::http
