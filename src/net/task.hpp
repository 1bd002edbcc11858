// Coroutines of the data path. A Task is lazy, runs on the thread that awaits it, and has exactly one awaiter.
//
// Why not boost::asio::awaitable: its frames come from a cache of two small blocks a thread, so frames over a kilobyte
// meet operator new on every request (docs/adr/0002).
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "net/frame_pool.hpp"

namespace corsd::net {

template <typename T>
class Task;

namespace detail {

struct PromiseBase {
    std::coroutine_handle<> continuation;
    std::exception_ptr exception;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { deallocate_frame(frame, size); }

    std::suspend_always initial_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }

    struct Final {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            const auto next = self.promise().continuation;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
};

template <typename T>
struct Promise : PromiseBase {
    std::optional<T> value;

    Task<T> get_return_object() noexcept;
    void return_value(T result) { value.emplace(std::move(result)); }
    T take() {
        if (exception) std::rethrow_exception(exception);
        return std::move(*value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const {
        if (exception) std::rethrow_exception(exception);
    }
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    /// Runs the task up to its first suspension; when it ends there, the awaiter goes on at once. The stack stays as
    /// deep as the nesting of coroutines, however many of them complete without waiting.
    struct Awaiter {
        Handle handle;
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> awaiting) const {
            handle.resume();
            if (handle.done()) return false;
            handle.promise().continuation = awaiting;
            return true;
        }
        T await_resume() const { return handle.promise().take(); }
    };
    Awaiter operator co_await() const& noexcept { return Awaiter{handle_}; }

    /// For Child, which starts a task without awaiting it.
    [[nodiscard]] Handle handle() const noexcept { return handle_; }

  private:
    Handle handle_;
};

namespace detail {
template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<Promise<T>>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>{std::coroutine_handle<Promise<void>>::from_promise(*this)};
}
}  // namespace detail

/// A second coroutine beside its owner: started at once, joined before the owner ends. The owner must join: destroying
/// a Child whose task still waits for I/O would leave that I/O a dangling coroutine.
class Child {
  public:
    explicit Child(Task<void> task) : task_(std::move(task)) { task_.handle().resume(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] bool done() const noexcept { return task_.handle().done(); }

    struct Join {
        Task<void>::Handle handle;
        bool await_ready() const noexcept { return handle.done(); }
        void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
            handle.promise().continuation = awaiting;
        }
        void await_resume() const { handle.promise().take(); }
    };
    [[nodiscard]] Join join() const noexcept { return Join{task_.handle()}; }

  private:
    Task<void> task_;
};

/// Starts a task that nobody awaits. An exception that escapes it goes to `report` and ends nothing else.
void spawn(Task<void> task, void (*report)(std::exception_ptr) noexcept);

}  // namespace corsd::net
