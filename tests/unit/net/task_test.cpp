#include "net/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "loop_bed.hpp"

namespace {

using corsd::net::Child;
using corsd::net::spawn;
using corsd::net::Task;

/// A door that a coroutine waits at.
struct Gate {
    std::coroutine_handle<> waiting;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept { waiting = awaiting; }
    void await_resume() const noexcept {}
    void open() { std::exchange(waiting, {}).resume(); }
};

std::string reported;
void report(std::exception_ptr escaped) noexcept {
    try {
        std::rethrow_exception(escaped);
    } catch (const std::exception& exception) {
        reported = exception.what();
    }
}

Task<int> number(int value) {
    co_return value;
}
Task<int> number_later(Gate& gate, int value) {
    co_await gate;
    co_return value;
}
Task<void> fail_later(Gate& gate) {
    co_await gate;
    throw std::runtime_error("later");
}
Task<void> fail() {
    throw std::runtime_error("at once");
    co_return;
}
Task<std::unique_ptr<int>> owned() {
    co_return std::make_unique<int>(7);
}

Task<void> sum_into(long& out, long count) {
    for (long i = 0; i < count; ++i) {
        const int one = co_await number(1);
        out += one;
    }
}
Task<void> gated_sum(Gate& gate, int& out) {
    const int first = co_await number(1);
    const int second = co_await number_later(gate, 2);
    out = first + second;
}
Task<void> move_only(int& out) {
    const std::unique_ptr<int> value = co_await owned();
    out = *value;
}
Task<void> caught(std::string& out) {
    try {
        co_await fail();
    } catch (const std::runtime_error& error) {
        out = error.what();
    }
}

struct Note {
    bool& destroyed;
    ~Note() { destroyed = true; }
};
Task<void> noted(Gate& gate, bool& destroyed) {
    const Note note{destroyed};
    co_await gate;
}

Task<void> with_child(Gate& gate, std::string& out) {
    Child child(fail_later(gate));
    out = child.done() ? "done" : "waiting";
    try {
        co_await child.join();
    } catch (const std::runtime_error& error) {
        out += std::string{", then "} + error.what();
    }
}
Task<void> with_finished_child(std::string& out) {
    int value = 0;
    Child child(move_only(value));
    out = child.done() ? "done" : "waiting";
    co_await child.join();
    out += std::to_string(value);
}

}  // namespace

TEST_CASE("values come out of tasks, at once or later") {
    int sum = 0;
    Gate gate;
    spawn(gated_sum(gate, sum), report);
    CHECK(sum == 0);
    gate.open();
    CHECK(sum == 3);
    int value = 0;
    spawn(move_only(value), report);
    CHECK(value == 7);
}

TEST_CASE("a task is lazy, and one that was never started is only destroyed") {
    long ran = 0;
    { const Task<void> task = sum_into(ran, 1); }
    CHECK(ran == 0);
}

TEST_CASE("exceptions come out of tasks, and of spawned ones to their report") {
    std::string text;
    spawn(caught(text), report);
    CHECK(text == "at once");
    reported.clear();
    spawn(fail(), report);
    CHECK(reported == "at once");
    Gate gate;
    reported.clear();
    spawn(fail_later(gate), report);
    CHECK(reported.empty());
    gate.open();
    CHECK(reported == "later");
}

TEST_CASE("a million awaits that do not wait leave the stack where it is") {
    long sum = 0;
    spawn(sum_into(sum, 1'000'000), report);
    CHECK(sum == 1'000'000);
}

TEST_CASE("a spawned task frees itself when it ends") {
    bool destroyed = false;
    Gate gate;
    spawn(noted(gate, destroyed), report);
    CHECK_FALSE(destroyed);
    gate.open();
    CHECK(destroyed);
}

TEST_CASE("a child is joined, finished or not, and its exception with it") {
    std::string text;
    Gate gate;
    spawn(with_child(gate, text), report);
    CHECK(text == "waiting");
    gate.open();
    CHECK(text == "waiting, then later");
    spawn(with_finished_child(text), report);
    CHECK(text == "done7");
}
