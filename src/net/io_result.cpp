#include "net/io_result.hpp"

#include <boost/asio/error.hpp>
#include <cerrno>

namespace corsd::net {

IoError io_error_from_errno(int code) noexcept {
    switch (code) {
        case 0:
            return IoError::none;
        case ECONNRESET:
        case EPIPE:
        case ECONNABORTED:
        case ENOTCONN:
        case ESHUTDOWN:
            return IoError::reset;
        case ETIMEDOUT:
            return IoError::timed_out;
        case ECANCELED:
        case EBADF:
            return IoError::cancelled;
        case ECONNREFUSED:
        case ENOENT:
            return IoError::refused;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL:
            return IoError::unreachable;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return IoError::exhausted;
        default:
            return IoError::other;
    }
}

IoError io_error(const boost::system::error_code& code) noexcept {
    if (!code) return IoError::none;
    if (code == boost::asio::error::eof) return IoError::eof;
    if (code == boost::asio::error::operation_aborted) return IoError::cancelled;
    if (code.category() == boost::system::system_category()) return io_error_from_errno(code.value());
    return IoError::other;
}

std::string_view to_string(IoError error) noexcept {
    switch (error) {
        case IoError::none:
            return "ok";
        case IoError::eof:
            return "closed";
        case IoError::reset:
            return "reset";
        case IoError::timed_out:
            return "timed out";
        case IoError::cancelled:
            return "cancelled";
        case IoError::refused:
            return "refused";
        case IoError::unreachable:
            return "unreachable";
        case IoError::exhausted:
            return "out of descriptors or memory";
        case IoError::other:
            return "failed";
    }
    return "failed";
}

}  // namespace corsd::net
