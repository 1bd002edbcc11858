#include "telemetry/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "telemetry/log.hpp"
#include "temporary_file.hpp"

using namespace corsd::telemetry;
using Clock = std::chrono::steady_clock;

namespace {

AccessSettings to_file(const std::string& name) {
    AccessSettings settings;
    settings.format = LineFormat::text;
    settings.output = name;
    return settings;
}

AccessEntry numbered(std::string_view client, std::string_view target) {
    AccessEntry entry;
    entry.client = client;
    entry.method = "GET";
    entry.target = target;
    entry.status = 200;
    return entry;
}

/// Waits for a condition that another thread brings about; false after five seconds.
template <typename Condition>
bool eventually(Condition condition) {
    const auto deadline = Clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// A FIFO with a reader that reads only when the test says so.
struct Fifo {
    Fifo() {
        std::remove(name.c_str());
        if (::mkfifo(name.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
        reader = ::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    Fifo(const Fifo&) = delete;
    Fifo& operator=(const Fifo&) = delete;
    ~Fifo() {
        close_reader();
        std::remove(name.c_str());
    }
    void close_reader() {
        if (reader >= 0) ::close(reader);
        reader = -1;
    }
    std::string name = "/tmp/corsd-telemetry-fifo-" + std::to_string(::getpid());
    int reader = -1;
};

}  // namespace

TEST_CASE("access log: every line of several workers arrives whole and in order", "[access_log]") {
    const TemporaryFile file;
    constexpr std::size_t kWorkers = 3;
    constexpr int kLines = 20000;
    auto opened = AccessLog::open(to_file(file.name()), kWorkers);
    REQUIRE(opened.log != nullptr);
    std::vector<std::thread> threads;
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
            AccessRing& ring = opened.log->ring(worker);
            for (int number = 0; number < kLines; ++number) {
                const std::string target = "/" + std::to_string(number) + std::string(number % 300, 'p');
                while (true) {
                    const std::uint64_t before = ring.dropped();
                    ring.write(numbered("w" + std::to_string(worker), target));
                    if (ring.dropped() == before) break;
                    std::this_thread::yield();
                }
            }
        });
    }
    std::uint64_t dropped = 0;
    for (std::thread& thread : threads)
        thread.join();
    opened.log->stop();
    for (std::size_t worker = 0; worker < kWorkers; ++worker)
        dropped += opened.log->ring(worker).dropped();
    CHECK(opened.log->written() == kWorkers * kLines);
    CHECK(opened.log->dropped() == dropped);

    std::map<std::string, int> next;
    bool intact = true;
    const auto lines = file.lines();
    for (const std::string& line : lines) {
        const std::string worker = line.substr(28, 2);
        const int number = next[worker]++;
        const std::string target = "/" + std::to_string(number) + std::string(number % 300, 'p');
        intact = intact && line.substr(30) == " GET " + target + " 200 bytes_out=0 duration_us=0";
    }
    CHECK(lines.size() == kWorkers * kLines);
    CHECK(intact);
    CHECK(file.text().back() == '\n');
}

TEST_CASE("access ring: a full ring drops, counts, and goes on when there is room", "[access_log]") {
    LogWakeup wakeup;
    const AccessFormatter formatter(AccessSettings{}, LineFormat::json);
    AccessRing ring(formatter, wakeup, 8192);
    const AccessEntry entry = numbered("c", "/x");
    std::uint64_t written = 0;
    while (ring.dropped() == 0) {
        ring.write(entry);
        ++written;
    }
    --written;
    CHECK(written > 20);
    for (int more = 0; more < 9; ++more)
        ring.write(entry);
    CHECK(ring.dropped() == 10);
    const auto pieces = ring.bytes().readable();
    CHECK(pieces[0].size() + pieces[1].size() > 6000);
    ring.bytes().consume(pieces[0].size() + pieces[1].size());
    ring.write(entry);
    CHECK(ring.dropped() == 10);
    const auto after = ring.bytes().readable();
    CHECK(after[0].size() + after[1].size() == (pieces[0].size() + pieces[1].size()) / written);
}

TEST_CASE("access ring: wakes the log thread when it sleeps or the ring fills, once until it has run", "[access_log]") {
    LogWakeup wakeup;
    const AccessFormatter formatter(AccessSettings{}, LineFormat::json);
    AccessRing ring(formatter, wakeup, 8192);
    const auto woken = [&] {
        pollfd ready{wakeup.descriptor(), POLLIN, 0};
        const auto got = ::poll(&ready, 1, 0);
        wakeup.drain();
        return got == 1;
    };
    const AccessEntry entry = numbered("c", "/x");
    ring.write(entry);
    CHECK_FALSE(woken());  // the log thread looks on its own
    wakeup.set_asleep(true);
    ring.write(entry);
    CHECK(woken());
    ring.write(entry);
    CHECK_FALSE(woken());  // asked already
    wakeup.accept_requests();
    ring.write(entry);
    CHECK(woken());
    wakeup.set_asleep(false);
    wakeup.accept_requests();
    for (int line = 0; line < 40; ++line)
        ring.write(entry);
    CHECK(ring.dropped() == 0);
    CHECK(woken());  // over half
}

TEST_CASE("access log: a line that a full file cut is not finished in the next one", "[access_log]") {
    const TemporaryFile file;
    const std::string old = file.name() + ".1";
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto opened = AccessLog::open(to_file(file.name()), 1);
    REQUIRE(opened.log != nullptr);
    const rlimit limit{1000, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    for (int line = 0; line < 20; ++line)
        opened.log->ring(0).write(numbered("c", "/0123456789"));
    const bool filled = eventually([&] { return std::filesystem::file_size(file.name()) == 1000; });
    std::filesystem::rename(file.name(), old);
    opened.log->reopen();
    const bool reopened = eventually([&] { return std::filesystem::exists(file.name()); });
    const auto restored = ::setrlimit(RLIMIT_FSIZE, &before);
    REQUIRE(restored == 0);
    REQUIRE(filled);
    REQUIRE(reopened);
    opened.log->stop();
    CHECK(TemporaryFile::read(old).back() != '\n');
    CHECK(opened.log->dropped() == 1);
    CHECK(opened.log->written() == 19);
    for (const std::string& line : file.lines())
        CHECK(line.substr(27) == " c GET /0123456789 200 bytes_out=0 duration_us=0");
    std::remove(old.c_str());
}

TEST_CASE("access log: the first line after silence is written at once, and none waits for a stop", "[access_log]") {
    const TemporaryFile file;
    auto opened = AccessLog::open(to_file(file.name()), 1);
    REQUIRE(opened.log != nullptr);
    for (std::uint64_t line = 1; line <= 3; ++line) {
        opened.log->ring(0).write(numbered("c", "/" + std::to_string(line)));
        REQUIRE(eventually([&] { return opened.log->written() == line; }));
        CHECK(file.lines().size() == line);
    }
}

TEST_CASE("access log: reopened after a rotation, nothing lost", "[access_log]") {
    const TemporaryFile file;
    const std::string old = file.name() + ".1";
    auto opened = AccessLog::open(to_file(file.name()), 1);
    REQUIRE(opened.log != nullptr);
    opened.log->ring(0).write(numbered("c", "/before"));
    std::filesystem::rename(file.name(), old);
    opened.log->reopen();
    REQUIRE(eventually([&] { return std::filesystem::exists(file.name()); }));
    opened.log->ring(0).write(numbered("c", "/after"));
    opened.log->stop();
    CHECK(TemporaryFile::read(old).find(" /before ") != std::string::npos);
    CHECK(file.text().find(" /after ") != std::string::npos);
    CHECK(file.text().find(" /before ") == std::string::npos);
    std::remove(old.c_str());
}

TEST_CASE("access log: a reader that stalls costs lines, never time", "[access_log]") {
    Fifo fifo;
    auto opened = AccessLog::open(to_file(fifo.name), 1);
    REQUIRE(opened.log != nullptr);
    AccessRing& ring = opened.log->ring(0);
    const std::string target(1000, 'x');
    const auto started = Clock::now();
    for (int line = 0; line < 5000; ++line)
        ring.write(numbered("c", target));
    CHECK(Clock::now() - started < std::chrono::seconds(2));
    CHECK(ring.dropped() > 0);
    CHECK(opened.log->written() < 200);  // a pipe holds 64 KiB

    SECTION("a stop returns although nobody reads") {
        const auto stopping = Clock::now();
        opened.log->stop();
        CHECK(Clock::now() - stopping < std::chrono::milliseconds(1500));
    }
    SECTION("the reader comes back: whole lines only") {
        std::string got;
        const std::uint64_t accepted = 5000 - ring.dropped();
        REQUIRE(eventually([&] {
            char buffer[65536];
            const ssize_t size = ::read(fifo.reader, buffer, sizeof buffer);
            if (size > 0) got.append(buffer, static_cast<std::size_t>(size));
            return opened.log->written() == accepted;
        }));
        opened.log->stop();
        char buffer[65536];
        for (ssize_t size = 0; (size = ::read(fifo.reader, buffer, sizeof buffer)) > 0;) {
            got.append(buffer, static_cast<std::size_t>(size));
        }
        CHECK(static_cast<std::uint64_t>(std::count(got.begin(), got.end(), '\n')) == accepted);
        CHECK(got.size() % accepted == 0);  // all lines are equally long
    }
    SECTION("the reader goes away: no signal, no end") {
        fifo.close_reader();
        opened.log->ring(0).write(numbered("c", "/x"));
        opened.log->stop();
        CHECK(opened.log->written() < 200);
    }
}

TEST_CASE("access log: a full disk costs lines only", "[access_log]") {
    auto opened = AccessLog::open(to_file("/dev/full"), 1);
    REQUIRE(opened.log != nullptr);
    for (int line = 0; line < 5000; ++line)
        opened.log->ring(0).write(numbered("c", std::string(1000, 'x')));
    opened.log->stop();
    CHECK(opened.log->written() == 0);
    CHECK(opened.log->dropped() > 0);
}

TEST_CASE("access log: drops are reported in the diagnostic log", "[access_log]") {
    const TemporaryFile diagnostics;
    LogSettings log;
    log.output = diagnostics.name();
    log.format = LineFormat::text;
    REQUIRE_FALSE(log_open(log));
    auto opened = AccessLog::open(to_file("/dev/full"), 1);
    REQUIRE(opened.log != nullptr);
    for (int line = 0; line < 5000; ++line)
        opened.log->ring(0).write(numbered("c", std::string(1000, 'x')));
    CHECK(eventually([&] { return diagnostics.text().find(" warn access_log_dropped ") != std::string::npos; }));
    opened.log->stop();
    REQUIRE_FALSE(log_open(LogSettings{}));
}

TEST_CASE("access log: what cannot be opened says so, what is disabled is not there", "[access_log]") {
    const auto opened = AccessLog::open(to_file("/nonexistent/dir/access.log"), 1);
    CHECK(opened.log == nullptr);
    CHECK(opened.error == "cannot open the log \"/nonexistent/dir/access.log\": No such file or directory");
    AccessSettings off;
    off.state = AccessState::disabled;
    const auto disabled = AccessLog::open(off, 1);
    CHECK(disabled.log == nullptr);
    CHECK(disabled.error.empty());
}
