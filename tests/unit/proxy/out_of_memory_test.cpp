// Each allocation of the worker fails once: what it was for is lost, and nothing else.
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include "allocation_count.hpp"
#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd;
using namespace corsd::tests;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kMost = 2000;  // more allocations than a request may ever need

/// An upstream that answers each request on each connection, one connection after the other.
class Answering {
  public:
    Answering() : thread_([this] { serve(); }) {}
    ~Answering() {
        ::shutdown(listening_.descriptor(), SHUT_RDWR);
        thread_.join();
    }
    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;
    [[nodiscard]] const net::SocketAddress& address() const { return listening_.address(); }

  private:
    void serve() {
        for (;;) {
            const int accepted = listening_.accept_descriptor();
            if (accepted < 0) return;
            threads_.emplace_back([accepted] { answer(accepted); });
        }
    }
    static void answer(int accepted) {
        try {
            Peer peer{accepted};
            for (;;) {
                const std::string head = peer.receive_until("\r\n\r\n");
                if (has(head, "chunked")) (void)peer.receive_until("0\r\n\r\n");
                peer.send(kOk);
            }
        } catch (const std::exception&) {  // the worker has closed it
        }
    }
    Listening listening_;
    std::vector<std::jthread> threads_;
    std::thread thread_;
};

std::size_t descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

template <typename Predicate>
bool comes_true(Predicate predicate) {
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    while (!predicate() && steady_clock::now() < end)
        std::this_thread::yield();
    return predicate();
}

void try_send(Peer& client, const std::string& bytes) {
    try {
        client.send(bytes);
    } catch (const std::exception&) {  // closed already: that is an answer too
    }
}

/// A GET and a chunked POST at once. Each is answered, or its connection ends.
void two_requests(TestBed& bed) {
    Peer one = bed.connect();
    Peer two = bed.connect();
    try_send(one, "GET / HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n");
    try_send(two, "POST / HTTP/1.1\r\n" + kHost + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
    two.settle();
    try_send(two, "3\r\nyou\r\n0\r\n\r\n");
    (void)one.receive_all();
    (void)two.receive_all();
}

void serves_on(TestBed& bed) {
    Peer client = bed.connect();
    client.send(kGet);
    CHECK(has(client.receive_until("\r\n\r\nok"), "HTTP/1.1 200 "));
}

}  // namespace

TEST_CASE("whichever allocation fails on the worker: it serves the next request, and nothing is left behind") {
    const std::string bound = GENERATE(as<std::string>{}, "0", "1");
    const std::string yaml =
        "upstreams: {default: {endpoints: [\"http://127.0.0.1:1\"], max_connections: " + bound + "}}\n" + kPolicy;
    bool failed = true;
    for (std::size_t nth = 1; failed; ++nth) {
        REQUIRE(nth < kMost);
        INFO("allocation " << nth << ", max_connections " << bound);
        const std::size_t before = descriptors();
        {
            const Answering upstream;
            TestBed bed(yaml);
            bed.move_upstream(upstream.address());
            bed.settle();
            fail_allocation(nth);
            two_requests(bed);
            CHECK(comes_true([&] { return bed.connections() == 0; }));
            bed.settle();
            failed = allocation_failed();
            fail_allocation(0);
            serves_on(bed);
            CHECK(comes_true([&] { return bed.connections() == 0 && bed.share().open == bed.share().idle; }));
            CHECK(bed.share().waiting == 0);
        }
        REQUIRE(comes_true([&] { return descriptors() == before; }));
    }
}

TEST_CASE("a connection that cannot be handed to the worker is closed, and not counted") {
    TestBed bed(kPolicy);
    const Answering upstream;
    bed.move_upstream(upstream.address());
    bed.settle();
    const std::size_t before = descriptors();
    std::size_t nth = 1;
    for (bool thrown = true; thrown; ++nth) {
        REQUIRE(nth < kMost);
        thrown = false;
        try {
            (void)bed.connect_after([nth](Peer&) {
                count_my_allocations();
                fail_allocation(nth);
            });
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        ignore_my_allocations();
        fail_allocation(0);
        CHECK(comes_true([&] { return bed.connections() == 0; }));
    }
    CHECK(nth > 2);
    CHECK(comes_true([&] { return descriptors() == before; }));
    serves_on(bed);
}

TEST_CASE("a worker without memory for a reload serves on, and adopts it later") {
    bool failed = true;
    for (std::size_t nth = 1; failed; ++nth) {
        REQUIRE(nth < kMost);
        const Answering upstream;
        TestBed bed(kPolicy);
        bed.settle();
        fail_allocation(nth);
        std::promise<void> adopted;
        bed.reload([&adopted] { adopted.set_value(); });
        CHECK(adopted.get_future().wait_for(std::chrono::seconds{10}) == std::future_status::ready);
        failed = allocation_failed();
        fail_allocation(0);
        bed.move_upstream(upstream.address());
        serves_on(bed);
    }
}
