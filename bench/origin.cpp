// The application behind the proxies: as little as can be called an HTTP/1.1 server. One thread, persistent
// connections, bodies with Content-Length; it trusts its proxy and checks nothing.
//   origin PORT
// GET /...64k... answers 64 KiB, /requests the number of requests taken so far, any other path 1 KiB of JSON; POST and
// PUT are read to their end and answered with a few bytes.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "loop.hpp"

namespace {

using namespace corsd::bench;

std::string answer_of(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string json_of(std::size_t size) {
    return "{\"fill\":\"" + std::string(size - 11, 'x') + "\"}";
}

const std::string kSmall = answer_of(json_of(1024));
const std::string kLarge = answer_of(json_of(65536) + "\n");
const std::string kTaken = answer_of("{\"taken\":true}\n");

unsigned long long requests = 0;
int epoll = -1;

struct Connection {
    int socket = -1;
    std::string in;             // an unfinished head
    std::size_t body_left = 0;  // of the request that `pending` answers
    const std::string* pending = nullptr;
    std::string out;  // what the socket has not taken
    bool closed = false;
};

std::vector<Connection*> finished;

void close_connection(Connection& connection) {
    ::close(connection.socket);
    connection.closed = true;
    finished.push_back(&connection);
}

/// Content-Length of a head, or 0. Proxies write it in any case.
std::size_t content_length(std::string_view head) {
    constexpr std::string_view kName = "\ncontent-length:";
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(),
                                   [&](char a, char b) { return a == b || (b != '\n' && b != ':' && same(a, b)); });
    if (found == head.end()) return 0;
    return std::strtoull(head.data() + (found - head.begin()) + kName.size(), nullptr, 10);
}

void take_head(Connection& connection, std::string_view head) {
    const std::string_view line = head.substr(0, head.find('\r'));
    const bool get = line.starts_with("GET ");
    if (get && line.starts_with("GET /requests ")) {
        connection.out += answer_of(std::to_string(requests));  // does not count itself
        return;
    }
    ++requests;
    connection.body_left = get ? 0 : content_length(head);
    connection.pending = !get ? &kTaken : line.find("64k") == std::string_view::npos ? &kSmall : &kLarge;
}

void take(Connection& connection, std::string_view bytes) {
    connection.in.append(bytes);
    for (;;) {
        const std::size_t skipped = std::min(connection.body_left, connection.in.size());
        connection.in.erase(0, skipped);
        connection.body_left -= skipped;
        if (connection.body_left != 0) return;
        if (connection.pending != nullptr) connection.out += *connection.pending;
        connection.pending = nullptr;
        const std::size_t end = connection.in.find("\r\n\r\n");
        if (end == std::string::npos) return;
        take_head(connection, std::string_view(connection.in).substr(0, end + 4));
        connection.in.erase(0, end + 4);
    }
}

/// False when the client is gone.
bool send_out(Connection& connection) {
    const ssize_t sent = ::send(connection.socket, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    connection.out.erase(0, static_cast<std::size_t>(sent));
    return true;
}

void ready(Connection& connection, std::uint32_t events) {
    static char buffer[65536];
    if (connection.closed) return;
    const bool was_waiting = !connection.out.empty();
    if (!was_waiting) {
        const ssize_t got = ::recv(connection.socket, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return close_connection(connection);
        take(connection, {buffer, static_cast<std::size_t>(got)});
        if (connection.out.empty()) return;
    } else if ((events & EPOLLOUT) == 0) {
        return close_connection(connection);  // an error while an answer waits
    }
    if (!send_out(connection)) return close_connection(connection);
    const bool waiting = !connection.out.empty();
    if (waiting != was_waiting) {
        const std::uint32_t wanted = waiting ? EPOLLOUT : EPOLLIN;  // not read while an answer waits
        watch(epoll, connection.socket, wanted, &connection, EPOLL_CTL_MOD);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: origin PORT\n");
        return 2;
    }
    const int listener = listen_on(port_argument(argv[1]));
    epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN, nullptr);
    const auto on_event = [&](void* owner, std::uint32_t events) {
        if (owner != nullptr) return ready(*static_cast<Connection*>(owner), events);
        for (;;) {
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client < 0) return;
            no_delay(client);
            auto* const connection = new Connection;
            connection->socket = client;
            watch(epoll, client, EPOLLIN, connection);
        }
    };
    run(epoll, on_event, [] {
        for (Connection* connection : finished)
            delete connection;
        finished.clear();
    });
}
