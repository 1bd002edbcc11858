// The outcome of one socket operation, as a value. Made from error_code in one place.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace corsd::net {

enum class IoError : std::uint8_t {
    none,
    eof,          // the peer has sent all it will send
    reset,        // ECONNRESET, EPIPE, ECONNABORTED and the like: the connection is gone
    timed_out,    // its deadline passed
    cancelled,    // by our own side
    refused,      // ECONNREFUSED, or a Unix socket that does not exist
    unreachable,  // no route, network down
    exhausted,    // out of descriptors, buffers or memory
    other,
};

struct IoResult {
    IoError error = IoError::none;
    std::size_t bytes = 0;

    [[nodiscard]] bool ok() const noexcept { return error == IoError::none; }
};

[[nodiscard]] IoError io_error(const boost::system::error_code& code) noexcept;
[[nodiscard]] IoError io_error_from_errno(int code) noexcept;

/// A word for the log: "reset", "timed out" … Static.
[[nodiscard]] std::string_view to_string(IoError error) noexcept;

}  // namespace corsd::net
