#include "telemetry/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace corsd::telemetry {

namespace {

struct OpenedFile {
    int descriptor = -1;
    std::string error;
};

OpenedFile open_path(const std::string& path) {
    // O_NONBLOCK: a FIFO without a reader is an error now, not a start that hangs. It means nothing to regular files.
    constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    const int descriptor = ::open(path.c_str(), kFlags, 0640);
    if (descriptor >= 0) return {descriptor, {}};
    return {-1, "cannot open the log \"" + path + "\": " + std::generic_category().message(errno)};
}

/// How much of the first pieces may go to a pipe in one write: whole lines up to PIPE_BUF, or a long line as far as it
/// goes.
iovec line_aligned(std::span<const iovec> pieces) noexcept {
    for (const iovec& piece : pieces) {
        if (piece.iov_len == 0) continue;
        const std::size_t limit = std::min<std::size_t>(piece.iov_len, PIPE_BUF);
        const std::string_view head(static_cast<const char*>(piece.iov_base), limit);
        const std::size_t newline = head.rfind('\n');
        return {piece.iov_base, newline == std::string_view::npos ? limit : newline + 1};
    }
    return {nullptr, 0};
}

}  // namespace

Output::Output(Output&& other) noexcept
    : target_(std::move(other.target_)), descriptor_(std::exchange(other.descriptor_, -1)), kind_(other.kind_) {}

Output& Output::operator=(Output&& other) noexcept {
    if (this != &other) {
        close_owned();
        target_ = std::move(other.target_);
        descriptor_ = std::exchange(other.descriptor_, -1);
        kind_ = other.kind_;
    }
    return *this;
}

Output::~Output() {
    close_owned();
}

void Output::close_owned() noexcept {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
    descriptor_ = -1;
}

void Output::adopt(int descriptor) noexcept {
    close_owned();
    descriptor_ = descriptor;
    struct stat status {};
    kind_ = Kind::stream;
    if (::fstat(descriptor, &status) == 0) {
        if (S_ISREG(status.st_mode)) kind_ = Kind::file;
        if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
    }
}

std::optional<std::string> Output::open(const std::string& target) {
    if (target.empty()) return "the log's output is empty";
    int descriptor = STDERR_FILENO;
    if (target == "stdout") {
        descriptor = STDOUT_FILENO;
    } else if (target != "stderr") {
        OpenedFile opened = open_path(target);
        if (opened.descriptor < 0) return std::move(opened.error);
        descriptor = opened.descriptor;
    }
    target_ = target;
    adopt(descriptor);
    return std::nullopt;
}

std::optional<std::string> Output::reopen() {
    if (descriptor_ <= STDERR_FILENO) return std::nullopt;
    OpenedFile opened = open_path(target_);
    if (opened.descriptor < 0) return std::move(opened.error);
    adopt(opened.descriptor);
    return std::nullopt;
}

Written Output::write(std::span<const iovec> pieces) noexcept {
    ssize_t result = 0;
    do {
        if (kind_ == Kind::file) {
            const std::size_t count = std::min<std::size_t>(pieces.size(), IOV_MAX);
            result = ::writev(descriptor_, pieces.data(), static_cast<int>(count));
            continue;
        }
        const iovec chunk = line_aligned(pieces);
        if (kind_ == Kind::socket) {
            result = ::send(descriptor_, chunk.iov_base, chunk.iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
            continue;
        }
        pollfd ready{descriptor_, POLLOUT, 0};
        if (::poll(&ready, 1, 0) == 0) return {WriteOutcome::blocked, 0, 0};
        result = ::write(descriptor_, chunk.iov_base, chunk.iov_len);
    } while (result < 0 && errno == EINTR);
    if (result > 0) return {WriteOutcome::progress, static_cast<std::size_t>(result), 0};
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {WriteOutcome::blocked, 0, 0};
    return {WriteOutcome::failed, 0, result < 0 ? errno : EIO};
}

LineFormat Output::resolve(LineFormat format) const noexcept {
    if (format != LineFormat::automatic) return format;
    return ::isatty(descriptor_) == 1 ? LineFormat::text : LineFormat::json;
}

}  // namespace corsd::telemetry
