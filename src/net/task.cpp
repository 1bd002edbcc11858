#include "net/task.hpp"

namespace corsd::net {

namespace {

/// The root of a spawned task: destroys itself when it ends.
struct Root {
    struct promise_type {
        static void* operator new(std::size_t size) { return allocate_frame(size); }
        static void operator delete(void* frame, std::size_t size) noexcept { deallocate_frame(frame, size); }
        Root get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }  // run() catches everything
    };
};

Root run(Task<void> task, void (*report)(std::exception_ptr) noexcept) {
    try {
        co_await task;
    } catch (...) {
        report(std::current_exception());
    }
}

}  // namespace

void spawn(Task<void> task, void (*report)(std::exception_ptr) noexcept) {
    run(std::move(task), report);
}

}  // namespace corsd::net
