// An upstream that closes each connection after a few answers, in every way and at every moment: no POST is executed
// twice, no GET is lost.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd;
using namespace corsd::tests;

namespace {

/// In the normal run, and under scripts/test --all.
std::size_t request_count() {
    return std::getenv("CORSD_ALL") == nullptr ? 8'000 : 50'000;
}

constexpr std::size_t kClients = 4;

/// Executes requests named by their path, "/17", and counts how often each was executed.
class Fickle {
  public:
    explicit Fickle(std::size_t requests)
        : executed_(requests), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto wanted = net::SocketAddress::ip("127.0.0.1", 0);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::bind(listener_, wanted->data(), wanted->size()) == 0);
        REQUIRE(::listen(listener_, 512) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        address_ = net::SocketAddress{reinterpret_cast<const sockaddr*>(&bound), size};
        // As many threads as there may be connections at once, each with a run of chance of its own.
        for (unsigned seed = 0; seed < 2 * kClients; ++seed)
            threads_.emplace_back([this, seed] { serve_all(seed); });
    }
    ~Fickle() {
        ::shutdown(listener_, SHUT_RDWR);
        for (std::thread& thread : threads_)
            thread.join();
        ::close(listener_);
    }
    Fickle(const Fickle&) = delete;
    Fickle& operator=(const Fickle&) = delete;

    [[nodiscard]] const net::SocketAddress& address() const { return address_; }
    [[nodiscard]] int executed(std::size_t request) const { return executed_[request].load(); }
    [[nodiscard]] std::size_t endings() const { return endings_.load(); }

  private:
    enum class Ending { after_the_answer, as_the_next_comes, once_it_is_executed };

    void serve_all(unsigned seed) {
        std::mt19937 chance(seed);
        for (;;) {
            const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor < 0) return;
            Peer peer(descriptor);
            try {
                serve(peer, chance);
            } catch (const std::runtime_error&) {  // the other side has closed
            }
            if (chance() % 2 == 0) peer.reset();
            ++endings_;
        }
    }

    void serve(Peer& peer, std::mt19937& chance) {
        const auto ending = static_cast<Ending>(chance() % 3);
        for (auto answers = 1 + chance() % 5; answers > 0; --answers) {
            execute(peer);
            peer.send(kOk);
        }
        if (ending == Ending::after_the_answer) return;
        if (ending == Ending::once_it_is_executed) {
            execute(peer);
        } else {
            char byte;
            (void)::recv(peer.descriptor(), &byte, 1, MSG_PEEK);
        }
    }

    void execute(Peer& peer) {
        const std::string head = peer.receive_until("\r\n\r\n");
        if (has(head, "Content-Length: 2\r\n")) (void)peer.receive_exactly(2);
        ++executed_[std::stoul(head.substr(head.find('/') + 1))];
    }

    std::vector<std::atomic<int>> executed_;
    std::atomic<std::size_t> endings_{0};
    int listener_;
    net::SocketAddress address_;
    std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("an upstream that closes after a few answers: no POST twice, no GET lost") {
    const std::size_t requests = request_count();
    Fickle upstream(requests);
    TestBed bed(kPolicy);
    bed.move_upstream(upstream.address());
    std::vector<int> statuses(requests);
    const auto is_post = [](std::size_t request) { return request % 3 == 0; };
    std::vector<Peer> clients;
    for (std::size_t i = 0; i < kClients; ++i)
        clients.push_back(bed.connect());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kClients; ++i) {
        threads.emplace_back([&, i] {
            for (std::size_t request = i; request < requests; request += kClients) {
                const std::string path = "/" + std::to_string(request);
                const std::string body = is_post(request) ? "Content-Length: 2\r\n\r\nhi" : "\r\n";
                clients[i].send((is_post(request) ? "POST " : "GET ") + path + " HTTP/1.1\r\n" + kHost + body);
                const std::string head = clients[i].receive_until("\r\n\r\n");
                statuses[request] = std::stoi(head.substr(9, 3));
                const std::size_t length = head.find("Content-Length: ");
                (void)clients[i].receive_exactly(std::stoul(head.substr(length + 16)));
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    bed.finish();

    std::size_t lost = 0, twice = 0, other = 0, refused = 0;
    for (std::size_t request = 0; request < requests; ++request) {
        const int executed = upstream.executed(request);
        const int status = statuses[request];
        if (!is_post(request)) {
            lost += status != 200;
            continue;
        }
        twice += executed > 1;
        refused += status == 502;
        other += status != 502 && !(status == 200 && executed == 1);
    }
    CHECK(lost == 0);
    CHECK(twice == 0);
    CHECK(other == 0);
    CHECK(upstream.endings() > requests / 10);
    CHECK(refused > 0);  // those that were under way as a connection ended
    CHECK(refused < requests / 6);
}
