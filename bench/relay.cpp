// The floor of what a proxy can cost: moves bytes between a client and an upstream connection of its own (1:1, kept as
// long as the client's), looks at none of them, logs nothing. Four socket calls a request, one thread.
//   relay LISTEN_PORT UPSTREAM_PORT
#include <cstring>
#include <memory>
#include <vector>

#include "loop.hpp"

namespace {

using namespace corsd::bench;

constexpr std::size_t kChunk = 65536;

/// One direction's end: what could not be written yet waits here, and its source is not read meanwhile.
struct Pair;
struct End {
    int socket = -1;
    End* other = nullptr;
    Pair* pair = nullptr;
    std::vector<char> waiting;
};

struct Pair {
    End client;
    End upstream;
    bool closed = false;
};

int epoll = -1;
std::vector<Pair*> finished;

void close_pair(Pair& pair) {
    if (pair.closed) return;
    pair.closed = true;
    ::close(pair.client.socket);
    ::close(pair.upstream.socket);
    finished.push_back(&pair);  // freed after the batch: an event of it may still name the pair
}

void write_out(End& to, const char* data, std::size_t size) {
    const ssize_t sent = ::send(to.socket, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        close_pair(*to.pair);
        return;
    }
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done == size) return;
    to.waiting.assign(data + done, data + size);
    watch(epoll, to.socket, EPOLLOUT, &to, EPOLL_CTL_MOD);
    watch(epoll, to.other->socket, to.other->waiting.empty() ? 0U : std::uint32_t{EPOLLOUT}, to.other, EPOLL_CTL_MOD);
}

void flush(End& end) {
    const ssize_t sent = ::send(end.socket, end.waiting.data(), end.waiting.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) close_pair(*end.pair);
        return;
    }
    end.waiting.erase(end.waiting.begin(), end.waiting.begin() + sent);
    if (!end.waiting.empty()) return;
    // Each end is read again only when the other one takes bytes.
    watch(epoll, end.other->socket, EPOLLIN | (end.other->waiting.empty() ? 0U : std::uint32_t{EPOLLOUT}), end.other,
          EPOLL_CTL_MOD);
    watch(epoll, end.socket, end.other->waiting.empty() ? std::uint32_t{EPOLLIN} : 0U, &end, EPOLL_CTL_MOD);
}

void move_bytes(End& from) {
    static char buffer[kChunk];
    const ssize_t got = ::recv(from.socket, buffer, sizeof buffer, 0);
    if (got > 0) {
        write_out(*from.other, buffer, static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EAGAIN) {
        close_pair(*from.pair);
    }
}

void accept_all(int listener, std::uint16_t upstream_port) {
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) return;
        const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(upstream_port);
        if (upstream < 0 || ::connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            die("connect to the origin");
        }
        no_delay(client);
        no_delay(upstream);
        auto* const pair = new Pair;
        pair->client = {client, &pair->upstream, pair, {}};
        pair->upstream = {upstream, &pair->client, pair, {}};
        watch(epoll, client, EPOLLIN, &pair->client);
        watch(epoll, upstream, EPOLLIN, &pair->upstream);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: relay LISTEN_PORT UPSTREAM_PORT\n");
        return 2;
    }
    const int listener = listen_on(port_argument(argv[1]));
    const std::uint16_t upstream_port = port_argument(argv[2]);
    epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN, nullptr);
    const auto ready = [&](void* owner, std::uint32_t events) {
        if (owner == nullptr) {
            accept_all(listener, upstream_port);
            return;
        }
        End& end = *static_cast<End*>(owner);
        if (end.pair->closed) return;
        if ((events & EPOLLOUT) != 0 && !end.waiting.empty()) flush(end);
        if (end.pair->closed) return;
        if ((events & EPOLLIN) != 0 && end.other->waiting.empty()) {
            move_bytes(end);
        } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            close_pair(*end.pair);
        }
    };
    run(epoll, ready, [] {
        for (Pair* pair : finished)
            delete pair;
        finished.clear();
    });
}
