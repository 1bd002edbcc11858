// Message heads, understood: what was said, and how the body is framed. All views point into the bytes given to the
// parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/reason.hpp"
#include "http/field.hpp"

namespace corsd::http {

/// How the end of a body is known (RFC 9112 section 6.3).
enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

struct Framing {
    BodyKind kind = BodyKind::none;
    std::uint64_t length = 0;  // for BodyKind::length
};

/// May the connection serve another message after this one, as the sender sees it (RFC 9112 section 9.3)?
enum class Persistence : std::uint8_t { close, keep };
/// continue_100 only where it means something: HTTP/1.1 with a body to wait with (RFC 9110 section 10.1.1).
enum class Expectation : std::uint8_t { none, continue_100 };
/// Which request a response answers: it decides whether there is a body (RFC 9110 sections 9.3.2, 15).
enum class AnsweredMethod : std::uint8_t { other, head };

struct RequestHead {
    std::string_view method;
    std::string_view target;  // as received
    std::string_view host;    // value of Host; empty when there is none (HTTP/1.0) or it is empty
    std::uint8_t minor = 1;   // HTTP/1.minor
    Framing framing;
    Persistence persistence = Persistence::keep;
    Expectation expectation = Expectation::none;
    std::vector<Field> fields;
    std::size_t bytes = 0;  // of the head, up to and with the empty line, leading empty lines included
};

struct ResponseHead {
    std::uint16_t status = 0;
    std::string_view reason_phrase;
    std::uint8_t minor = 1;
    Framing framing;  // already takes the request's method into account
    Persistence persistence = Persistence::keep;
    std::vector<Field> fields;
    std::size_t bytes = 0;
};

/// Bounds of one head. All are checked while it arrives, not when it is complete.
struct HeadLimits {
    std::size_t head_bytes = 32 * 1024;
    std::size_t fields = 100;
    std::size_t target_bytes = 8 * 1024;
};

/// Why a message was refused. `reason` maps to a status in status_of(); `detail` is a static sentence for people.
struct ParseFailure {
    Reason reason = Reason::none;
    const char* detail = "";
};

enum class Progress : std::uint8_t { need_more, complete, failed };

}  // namespace corsd::http
