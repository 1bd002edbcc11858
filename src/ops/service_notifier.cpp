#include "ops/service_notifier.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "telemetry/log.hpp"

namespace corsd::ops {

namespace {

using std::chrono::microseconds;

/// A second beyond what we mean to take, before the manager loses its patience.
constexpr std::chrono::seconds kGrace{5};

/// A path, or a name of the abstract namespace that begins with @ here and with a zero byte there.
[[nodiscard]] std::optional<std::pair<sockaddr_un, socklen_t>> manager_address(std::string_view text) noexcept {
    sockaddr_un address{};
    if (text.empty() || text.size() >= sizeof address.sun_path || (text.front() != '/' && text.front() != '@'))
        return std::nullopt;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, text.data(), text.size());
    if (text.front() == '@') address.sun_path[0] = '\0';
    return std::pair{address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size())};
}

[[nodiscard]] int connect_to(std::string_view text) noexcept {
    const auto address = manager_address(text);
    if (!address) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    const timeval second{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address->first), address->second) == 0)
        return descriptor;
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
}

// Only main reads the environment, before there are threads.
[[nodiscard]] const char* variable(const char* name) noexcept {
    return std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
}

[[nodiscard]] long long number(const char* text) noexcept {
    return text == nullptr ? 0 : std::strtoll(text, nullptr, 10);
}

[[nodiscard]] std::string monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::to_string(static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

ServiceNotifier::ServiceNotifier() {
    const char* const path = variable("NOTIFY_SOCKET");
    if (path == nullptr) return;
    socket_ = connect_to(path);
    if (socket_ < 0) {
        telemetry::log_write(telemetry::Level::warn, "cannot reach the service manager at " + std::string(path) + ": " +
                                                         std::generic_category().message(errno));
        return;
    }
    const char* const watched = variable("WATCHDOG_PID");
    const long long time = number(variable("WATCHDOG_USEC"));
    if (time > 0 && (watched == nullptr || number(watched) == ::getpid())) watch_interval_ = microseconds{time} / 2;
}

ServiceNotifier::~ServiceNotifier() {
    if (socket_ >= 0) ::close(socket_);
}

void ServiceNotifier::ready(std::string_view status) {
    tell("READY=1\nSTATUS=" + std::string(status) + "\n");
}

void ServiceNotifier::reloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_now() + "\nSTATUS=reloading the configuration\n");
}

void ServiceNotifier::stopping(std::chrono::milliseconds time) {
    const auto most = std::chrono::duration_cast<microseconds>(time + kGrace).count();
    tell("STOPPING=1\nSTATUS=finishing what runs\nEXTEND_TIMEOUT_USEC=" + std::to_string(most) + "\n");
}

void ServiceNotifier::alive() {
    tell("WATCHDOG=1\n");
}

void ServiceNotifier::tell(const std::string& message) {
    if (socket_ < 0) return;
    if (::send(socket_, message.data(), message.size(), MSG_NOSIGNAL) >= 0 || complained_) return;
    complained_ = true;
    telemetry::log_write(telemetry::Level::warn, std::string("the service manager does not hear us: ") +
                                                     std::generic_category().message(errno));
}

}  // namespace corsd::ops
