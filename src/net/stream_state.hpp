// The inside of a Stream: what the poller and the deadlines call.
#pragma once

#include <array>
#include <coroutine>
#include <span>

#include "net/pace.hpp"
#include "net/stream.hpp"

namespace corsd::net {

struct Stream::State final : Pollable {
    struct ReadDeadline final : Deadline {
        explicit ReadDeadline(State& of) : state(of) {}
        State& state;
        void expired() noexcept override { state.finish_read({IoError::timed_out, 0}); }
    };
    struct WriteDeadline final : Deadline {
        explicit WriteDeadline(State& of) : state(of) {}
        State& state;
        void expired() noexcept override { state.write_late(); }
    };

    explicit State(Loop of) : loop(of) {}

    void ready(std::uint32_t events) noexcept override;
    void deferred() noexcept override;

    void begin_read(std::chrono::milliseconds within);
    /// Reads what is there; true when the pending read has its result.
    [[nodiscard]] bool try_read() noexcept;
    void finish_read(IoResult result) noexcept;
    void end_cancelled_read() noexcept;
    void complete_read() noexcept;
    void write_some() noexcept;
    [[nodiscard]] ssize_t send_pieces() noexcept;
    void finish_write(IoError error) noexcept;
    void await_room() noexcept;
    void note_taken(std::size_t sent) noexcept;
    void write_late() noexcept;
    [[nodiscard]] std::size_t unacknowledged() const noexcept;
    [[nodiscard]] IoError connect_error() const noexcept;
    void close() noexcept;

    Loop loop;
    int descriptor = -1;

    // Reading. `readable`: there may be bytes (or an end) that no event will tell of any more.
    ReadDeadline read_deadline{*this};
    std::span<char> space;  // empty: a wait for readiness
    bool readable = false, ended = false, broken = false, write_was_reset = false;
    bool read_pending = false, read_ready = false, read_cancelled = false;
    int reads_at_once = 0;
    IoResult read_result;
    std::coroutine_handle<> reader;
    StreamObserver* observer = nullptr;

    // Writing, and connecting before it.
    WriteDeadline write_deadline{*this};
    bool connecting = false, write_done = true;
    IoResult write_result;
    std::chrono::milliseconds write_within{};
    Pace write_pace;
    std::chrono::steady_clock::time_point room_awaited{};  // since when
    std::size_t outstanding = 0;                           // bytes that the peer had not acknowledged then
    std::size_t taken = 0;                                 // bytes that it has acknowledged between the last two looks
    std::array<iovec, kMaxPieces> pieces{};
    std::size_t first_piece = 0, piece_count = 0;
    std::coroutine_handle<> writer;
};

}  // namespace corsd::net
