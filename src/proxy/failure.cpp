#include "proxy/failure.hpp"

namespace corsd::proxy {

using net::IoError;

namespace {

std::string_view describe_client(const Failure& failure) noexcept {
    const bool late = failure.cause == IoError::timed_out;
    if (failure.stage == Stage::send) {
        return late ? "the client did not send its body in time" : "the client went away before its body was complete";
    }
    if (failure.stage == Stage::body) {
        return late ? "the client did not take the answer in time"
                    : "the client went away before its answer was complete";
    }
    return "the client went away before it was answered";
}

}  // namespace

Reason reason_of(const Failure& failure) noexcept {
    if (failure.side == Side::client) {
        if (failure.parse.reason != Reason::none) return failure.parse.reason;
        if (failure.cause == IoError::timed_out) return Reason::client_timeout;
        // Who has left is not refused anything; only a body that ends too soon is answered.
        return failure.stage == Stage::send ? Reason::bad_request : Reason::none;
    }
    if (failure.parse.reason != Reason::none) return Reason::upstream_invalid;
    if (failure.stage != Stage::queue) {
        if (failure.cause == IoError::timed_out) return Reason::upstream_timeout;
        if (failure.cause == IoError::exhausted) return Reason::upstream_unavailable;
    }
    switch (failure.stage) {
        case Stage::none:
            return Reason::none;
        case Stage::resolve:
        case Stage::choose:
            return Reason::upstream_unavailable;
        case Stage::queue:
            return Reason::overloaded;
        case Stage::connect:
            return Reason::upstream_unreachable;
        case Stage::send:
        case Stage::head:
        case Stage::body:
            return Reason::upstream_invalid;
    }
    return Reason::upstream_invalid;
}

std::string_view describe(const Failure& failure) noexcept {
    if (failure.parse.reason != Reason::none) return failure.parse.detail;
    if (failure.side == Side::client) return describe_client(failure);
    if (failure.stage == Stage::queue) {
        return failure.cause == IoError::timed_out ? "no connection to the upstream came free in time"
                                                   : "too many requests wait for a connection to the upstream";
    }
    if (failure.cause == IoError::exhausted) return "out of descriptors or memory for a connection to the upstream";
    switch (failure.stage) {
        case Stage::none:
        case Stage::queue:
            return "";
        case Stage::resolve:
            return "the name of the upstream does not resolve";
        case Stage::choose:
            return "no endpoint of the upstream lets anybody in";
        case Stage::connect:
            if (failure.cause == IoError::timed_out) return "the upstream did not accept the connection in time";
            return failure.cause == IoError::refused ? "the upstream refuses connections"
                                                     : "the upstream cannot be reached";
        case Stage::send:
        case Stage::head:
            if (failure.cause == IoError::timed_out) return "the upstream did not answer in time";
            return "the upstream closed the connection before it answered";
        case Stage::body:
            if (failure.cause == IoError::timed_out) return "the upstream stopped in the middle of its answer";
            return "the upstream closed the connection in the middle of its answer";
    }
    return "";
}

}  // namespace corsd::proxy
