#include "telemetry/access_log.hpp"

#include <poll.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "telemetry/log.hpp"

namespace corsd::telemetry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPause{20};        // between two looks at the rings while lines come
constexpr milliseconds kSleep{500};       // while none come; bounds the one wake-up that a race can lose
constexpr milliseconds kRetry{200};       // after an error of the output, such as a full disk
constexpr int kQuietLooks = 10;           // so many looks without a line, and the log thread sleeps
constexpr milliseconds kStopBudget{800};  // what stop() leaves to a slow output
constexpr milliseconds kStopWait{1000};   // how long stop() waits for a write that does not return
constexpr std::chrono::seconds kReportEvery{10};

std::size_t count_lines(std::string_view text) noexcept {
    std::size_t lines = 0;
    while (!text.empty()) {
        const void* const newline = std::memchr(text.data(), '\n', text.size());
        if (newline == nullptr) break;
        ++lines;
        text.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(newline) - text.data()) + 1);
    }
    return lines;
}

}  // namespace

struct AccessLog::State {
    Output output;
    LogWakeup wakeup;
    std::deque<AccessRing> rings;
    std::atomic<bool> stopping{false};
    std::atomic<bool> reopening{false};
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> torn{0};  // lines cut off when the file was changed under them

    std::mutex mutex;  // of `ended` alone
    std::condition_variable ended_changed;
    bool ended = false;
    std::thread thread;

    // The log thread's own.
    std::size_t next = 0;        // ring to go on with
    bool inside_line = false;    // rings[next] stopped in the middle of a line
    std::uint64_t reported = 0;  // drops
    Clock::time_point report_after{};
    Clock::time_point give_up = Clock::time_point::max();

    void run() noexcept;
    WriteOutcome write_ring(AccessRing& ring) noexcept;
    WriteOutcome write_all(bool& moved) noexcept;
    void wait(WriteOutcome last, int quiet) noexcept;
    void reopen_output();
    void report_drops();
    [[nodiscard]] std::uint64_t dropped() const noexcept;
};

std::uint64_t AccessLog::State::dropped() const noexcept {
    std::uint64_t sum = torn.load(std::memory_order_relaxed);
    for (const AccessRing& ring : rings)
        sum += ring.dropped();
    return sum;
}

/// Writes what the ring held at the start of the call; `blocked` and `failed` leave the rest in it.
WriteOutcome AccessLog::State::write_ring(AccessRing& ring) noexcept {
    std::array<std::string_view, 2> pieces = ring.bytes().readable();
    while (!pieces[0].empty()) {
        const std::array<iovec, 2> vectors{iovec{const_cast<char*>(pieces[0].data()), pieces[0].size()},
                                           iovec{const_cast<char*>(pieces[1].data()), pieces[1].size()}};
        const Written result = output.write(vectors);
        if (result.outcome != WriteOutcome::progress) return result.outcome;
        std::size_t left = result.bytes;
        std::size_t lines = 0;
        for (std::string_view& piece : pieces) {
            const std::string_view done = piece.substr(0, left);
            lines += count_lines(done);
            if (!done.empty()) inside_line = done.back() != '\n';
            piece.remove_prefix(done.size());
            left -= done.size();
        }
        if (pieces[0].empty()) pieces = {pieces[1], std::string_view{}};
        written.fetch_add(lines, std::memory_order_relaxed);
        ring.bytes().consume(result.bytes);
        if (Clock::now() > give_up) return WriteOutcome::failed;
    }
    return WriteOutcome::progress;
}

/// One round over all rings, starting where the last one stopped, so that no line is torn by another worker's.
WriteOutcome AccessLog::State::write_all(bool& moved) noexcept {
    for (std::size_t round = 0; round < rings.size(); ++round) {
        AccessRing& ring = rings[next];
        if (!ring.bytes().readable()[0].empty()) {
            moved = true;
            const WriteOutcome outcome = write_ring(ring);
            if (outcome != WriteOutcome::progress) return outcome;
        }
        next = (next + 1) % rings.size();
    }
    return WriteOutcome::progress;
}

void AccessLog::State::reopen_output() {
    if (!reopening.exchange(false)) return;
    if (const auto error = output.reopen()) {
        log_write(Level::error, "the access log goes on in the old file: " + *error);
        return;
    }
    if (!inside_line) return;
    // The old file was full in the middle of a line: its rest would be the first, broken line of the new one.
    ByteRing& bytes = rings[next].bytes();
    std::size_t rest = 0;
    for (const std::string_view piece : bytes.readable()) {
        const std::size_t newline = piece.find('\n');
        rest += newline == std::string_view::npos ? piece.size() : newline + 1;
        if (newline != std::string_view::npos) break;
    }
    bytes.consume(rest);
    inside_line = false;
    torn.fetch_add(1, std::memory_order_relaxed);
}

void AccessLog::State::report_drops() {
    const std::uint64_t now_dropped = dropped();
    if (now_dropped == reported || Clock::now() < report_after) return;
    log_write(Level::warn, "access_log_dropped " + std::to_string(now_dropped - reported));
    reported = now_dropped;
    report_after = Clock::now() + kReportEvery;
}

void AccessLog::State::wait(WriteOutcome last, int quiet) noexcept {
    std::array<pollfd, 2> waits{pollfd{wakeup.descriptor(), POLLIN, 0}, pollfd{output.descriptor(), POLLOUT, 0}};
    milliseconds timeout = kPause;
    nfds_t count = 1;
    if (last == WriteOutcome::blocked) {
        timeout = kRetry;
        count = 2;
    } else if (last == WriteOutcome::failed) {
        timeout = kRetry;
    } else {
        // Only now: while the output is stuck, workers must not wake us for each line they drop.
        wakeup.accept_requests();
        if (quiet >= kQuietLooks) timeout = kSleep;
    }
    wakeup.set_asleep(timeout == kSleep);
    if (stopping.load(std::memory_order_acquire) && count == 1) return;
    ::poll(waits.data(), count, static_cast<int>(timeout.count()));
    wakeup.set_asleep(false);
    if ((waits[0].revents & POLLIN) != 0) wakeup.drain();
}

void AccessLog::State::run() noexcept {
    ::pthread_setname_np(::pthread_self(), "corsd-log");  // for top and friends
    int quiet = 0;
    for (;;) {
        const bool last_round = stopping.load(std::memory_order_acquire);
        if (last_round && give_up == Clock::time_point::max()) give_up = Clock::now() + kStopBudget;
        bool moved = false;
        const WriteOutcome outcome = write_all(moved);
        try {
            reopen_output();
            report_drops();
        } catch (...) {  // no memory for a message: the lines matter more
        }
        const bool done = outcome != WriteOutcome::blocked && (outcome == WriteOutcome::failed || !moved);
        if (last_round && (done || Clock::now() > give_up)) break;
        quiet = moved ? 0 : quiet + 1;
        wait(outcome, quiet);
    }
    const std::lock_guard lock(mutex);
    ended = true;
    ended_changed.notify_all();
}

AccessLog::Opened AccessLog::open(const AccessSettings& settings, std::size_t workers) {
    if (settings.state == AccessState::disabled) return {};
    auto state = std::make_shared<State>();
    if (auto error = state->output.open(settings.output)) return {nullptr, std::move(*error)};
    const AccessFormatter formatter(settings, state->output.resolve(settings.format));
    for (std::size_t worker = 0; worker < workers; ++worker)
        state->rings.emplace_back(formatter, state->wakeup);
    // The thread inherits the mask: signals belong to the main thread, and SIGPIPE of a closed pipe to nobody.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        // The thread shares the state: it may be inside a write that never returns when the log is destroyed.
        state->thread = std::thread([state] { state->run(); });
    } catch (const std::system_error& error) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return {nullptr, std::string("cannot start the access log's thread: ") + error.what()};
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return {std::unique_ptr<AccessLog>(new AccessLog(std::move(state))), {}};
}

AccessLog::AccessLog(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

AccessLog::~AccessLog() {
    stop();
}

AccessRing& AccessLog::ring(std::size_t worker) noexcept {
    return state_->rings[worker];
}

void AccessLog::stop() {
    if (!state_->thread.joinable()) return;
    state_->stopping.store(true, std::memory_order_release);
    state_->wakeup.force();
    std::unique_lock lock(state_->mutex);
    const bool ended = state_->ended_changed.wait_for(lock, kStopWait, [&] { return state_->ended; });
    lock.unlock();
    if (ended) {
        state_->thread.join();
    } else {
        state_->thread.detach();
    }
}

void AccessLog::reopen() noexcept {
    state_->reopening.store(true);
    state_->wakeup.force();
}

std::uint64_t AccessLog::written() const noexcept {
    return state_->written.load(std::memory_order_relaxed);
}

std::uint64_t AccessLog::dropped() const noexcept {
    return state_->dropped();
}

}  // namespace corsd::telemetry
