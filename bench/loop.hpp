// What the relay and the origin of the benchmark share: a listening socket on loopback, and epoll by level.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace corsd::bench {

[[noreturn]] inline void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline int listen_on(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) die("socket");
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (::listen(listener, 1024) != 0) die("listen");
    return listener;
}

inline void no_delay(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline void watch(int epoll, int socket, std::uint32_t events, void* owner, int operation = EPOLL_CTL_ADD) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = owner;
    if (::epoll_ctl(epoll, operation, socket, &event) != 0) die("epoll_ctl");
}

inline std::uint16_t port_argument(const char* text) {
    const long port = std::strtol(text, nullptr, 10);
    if (port < 1 || port > 65535) {
        std::fprintf(stderr, "not a port: %s\n", text);
        std::exit(2);
    }
    return static_cast<std::uint16_t>(port);
}

/// Calls `ready(owner, events)` for ever, and `after_batch()` when no event is left that could name a closed owner.
template <typename Ready, typename AfterBatch>
[[noreturn]] void run(int epoll, Ready ready, AfterBatch after_batch) {
    std::signal(SIGPIPE, SIG_IGN);
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int index = 0; index < count; ++index) {
            const epoll_event& event = events[static_cast<std::size_t>(index)];
            ready(event.data.ptr, event.events);
        }
        after_batch();
    }
}

}  // namespace corsd::bench
