#include "ops/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace corsd::ops {

namespace {

/// The first descriptor that is passed; standard error is the one before.
constexpr int kFirst = 3;
/// What systemd calls a socket that has no name.
constexpr std::string_view kUnnamed = "unknown";

// Only main reads the environment, before there are threads.
[[nodiscard]] std::string_view variable(const char* name) noexcept {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::string_view{} : value;
}

[[nodiscard]] std::optional<long> number(std::string_view text) noexcept {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

[[nodiscard]] int option(int descriptor, int name, int fallback) noexcept {
    int value = fallback;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : fallback;
}

}  // namespace

PassedSockets PassedSockets::of_environment() {
    PassedSockets passed;
    if (number(variable("LISTEN_PID")) != ::getpid()) return passed;
    const long count = number(variable("LISTEN_FDS")).value_or(0);
    std::string_view names = variable("LISTEN_FDNAMES");
    for (int i = 0; i < count; ++i) {
        const int descriptor = kFirst + i;
        const std::string_view name = names.substr(0, names.find(':'));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) break;  // fewer than were announced
        passed.sockets_.emplace_back(name.empty() ? kUnnamed : name, descriptor);
    }
    return passed;
}

std::vector<int> PassedSockets::named(std::string_view name) const {
    std::vector<int> found;
    for (const auto& [known, descriptor] : sockets_)
        if (known == name) found.push_back(descriptor);
    return found;
}

std::string PassedSockets::names() const {
    std::string text;
    for (const auto& [name, descriptor] : sockets_)
        text += (text.empty() ? "`" : ", `") + name + "`";
    return text;
}

std::string_view unfit_to_accept(int descriptor) noexcept {
    if (option(descriptor, SO_TYPE, -1) != SOCK_STREAM) return "no stream socket (ListenStream=)";
    if (option(descriptor, SO_ACCEPTCONN, 0) == 0) return "a connection, no listening socket (Accept=no)";
    return {};
}

}  // namespace corsd::ops
