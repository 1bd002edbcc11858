#include "http/framing.hpp"

#include <limits>

#include "base/ascii.hpp"
#include "http/list.hpp"

namespace corsd::http {

namespace {

constexpr ParseFailure kBothFramings{Reason::bad_request, "Content-Length and Transfer-Encoding in one message"};

/// Why a Transfer-Encoding other than "chunked" is refused: codings before a final chunked are legal but not ours
/// (501), all else leaves the end of the body unknown (400; RFC 9112 sections 6.1 and 6.3).
ParseFailure refuse_codings(std::string_view value) noexcept {
    constexpr ParseFailure kMalformed{Reason::bad_request, "Transfer-Encoding is malformed"};
    bool chunked_before = false;
    bool chunked_last = false;
    while (true) {
        const auto comma = value.find(',');
        const auto coding = ascii::trim_ows(value.substr(0, comma));
        if (!ascii::is_token(coding)) return kMalformed;
        chunked_before = chunked_before || chunked_last;
        chunked_last = ascii::equals_lower(coding, "chunked");
        if (comma == std::string_view::npos) break;
        value.remove_prefix(comma + 1);
    }
    if (chunked_before) return {Reason::bad_request, "chunked must be the last transfer coding, once"};
    if (!chunked_last) return {Reason::bad_request, "the last transfer coding is not chunked"};
    return {Reason::not_implemented, "chunked is the only transfer coding that is supported"};
}

}  // namespace

bool parse_content_length(std::string_view value, std::uint64_t& out) noexcept {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    if (value.empty() || value.size() > 19 || (value.size() > 1 && value.front() == '0')) return false;
    std::uint64_t length = 0;
    for (const char c : value) {
        if (!ascii::is_digit(c)) return false;
        length = length * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits stay below 2^64
    }
    if (length > kLargest) return false;
    out = length;
    return true;
}

ParseFailure FramingFacts::content_length(std::string_view value) noexcept {
    // RFC 9110 section 8.6 allows equal repetitions to be folded into one; a sender that repeats itself is not worth
    // the risk.
    if (has_length_) return {Reason::bad_request, "Content-Length is repeated"};
    if (!parse_content_length(value, length_)) return {Reason::bad_request, "Content-Length is not one plain number"};
    has_length_ = true;
    return chunked_ ? kBothFramings : ParseFailure{};
}

ParseFailure FramingFacts::transfer_encoding(std::string_view value) noexcept {
    if (chunked_) return {Reason::bad_request, "Transfer-Encoding is repeated"};
    if (has_length_) return kBothFramings;
    if (!ascii::equals_lower(value, "chunked")) return refuse_codings(value);
    chunked_ = true;
    return {};
}

void FramingFacts::connection(std::string_view value) noexcept {
    if (ascii::equals_lower(value, "keep-alive")) {  // as nearly everybody says
        keep_alive_ = true;
        return;
    }
    for_each_element(value, [this](std::string_view option) {
        if (ascii::equals_lower(option, "close")) close_ = true;
        if (ascii::equals_lower(option, "keep-alive")) keep_alive_ = true;
        return true;
    });
}

ParseFailure FramingFacts::request(std::uint8_t minor, Framing& out) const noexcept {
    // A sender of HTTP/1.0 that says "chunked" is one that somebody in between may not have understood (RFC 9112
    // section 6.1).
    if (chunked_ && minor == 0) return {Reason::bad_request, "Transfer-Encoding in HTTP/1.0"};
    if (chunked_) {
        out = {BodyKind::chunked, 0};
    } else if (has_length_ && length_ > 0) {
        out = {BodyKind::length, length_};
    } else {
        out = {};
    }
    return {};
}

Persistence FramingFacts::persistence(std::uint8_t minor) const noexcept {
    if (close_) return Persistence::close;
    return minor > 0 || keep_alive_ ? Persistence::keep : Persistence::close;
}

ParseFailure FramingFacts::response(AnsweredMethod method, ResponseHead& head) const noexcept {
    if (chunked_ && head.minor == 0) return {Reason::upstream_invalid, "Transfer-Encoding in HTTP/1.0"};
    const bool announces_body = chunked_ || (has_length_ && length_ > 0);
    const bool interim = head.status < 200;
    if (interim && announces_body) return {Reason::upstream_invalid, "an interim response with a body"};
    head.persistence = persistence(head.minor);
    head.framing = {};
    if (interim || head.status == 204 || head.status == 304 || method == AnsweredMethod::head) {
        // RFC 9110 section 8.6: a 204 announces no body. One that does may send it all the same: its bytes must not be
        // taken for the next response, so the connection is not used again.
        if (head.status == 204 && announces_body) head.persistence = Persistence::close;
    } else if (chunked_) {
        head.framing = {BodyKind::chunked, 0};
    } else if (has_length_) {
        head.framing = {length_ > 0 ? BodyKind::length : BodyKind::none, length_};
    } else {
        head.framing = {BodyKind::until_close, 0};
        head.persistence = Persistence::close;
    }
    return {};
}

}  // namespace corsd::http
