// What can go wrong between client and upstream, and the one table that turns it into an answer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/reason.hpp"
#include "http/head.hpp"
#include "net/io_result.hpp"

namespace corsd::proxy {

/// How far the exchange with the upstream had come.
/// resolve: nobody is known; choose: all who are known are left out for now; queue: no connection may be made and none
/// came free.
enum class Stage : std::uint8_t { none, resolve, choose, queue, connect, send, head, body };
/// Whose fault it is.
enum class Side : std::uint8_t { upstream, client };
/// May the request be sent again, on a fresh connection?
enum class Retry : std::uint8_t {
    no,
    idempotent,  // a kept connection ended without an answer: the upstream may have acted upon it (RFC 9110, 9.2.2)
    any,         // nothing of it has reached an upstream
};

struct Failure {
    Stage stage = Stage::none;
    Side side = Side::upstream;
    Retry retry = Retry::no;
    net::IoError cause = net::IoError::none;
    http::ParseFailure parse;  // set when bytes were not understood

    [[nodiscard]] bool failed() const noexcept { return stage != Stage::none; }
};

/// The reason that the client is told; http::status_of gives its status.
[[nodiscard]] Reason reason_of(const Failure& failure) noexcept;

/// A sentence for `detail` and the log, without addresses: "the upstream closed the connection before it answered".
/// Static.
[[nodiscard]] std::string_view describe(const Failure& failure) noexcept;

}  // namespace corsd::proxy
