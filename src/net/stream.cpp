#include "net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cassert>
#include <cerrno>
#include <utility>

namespace corsd::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Room for the one operation of a kind that may be pending: no allocation per read or write.
class OperationSlot {
  public:
    void* take(std::size_t size) {
        if (!used_ && size <= sizeof(space_)) {
            used_ = true;
            return space_.data();
        }
        return ::operator new(size);
    }
    void give(void* memory) noexcept {
        if (memory == space_.data()) {
            used_ = false;
        } else {
            ::operator delete(memory);
        }
    }

  private:
    alignas(std::max_align_t) std::array<std::byte, 256> space_;
    bool used_ = false;
};

template <typename T>
struct SlotAllocator {
    using value_type = T;
    OperationSlot* slot;

    explicit SlotAllocator(OperationSlot* of) noexcept : slot(of) {}
    template <typename U>
    SlotAllocator(const SlotAllocator<U>& other) noexcept : slot(other.slot) {}
    T* allocate(std::size_t n) { return static_cast<T*>(slot->take(n * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { slot->give(memory); }
    template <typename U>
    bool operator==(const SlotAllocator<U>& other) const noexcept {
        return slot == other.slot;
    }
};

}  // namespace

struct Stream::State {
    struct ReadDeadline final : Deadline {
        State* state = nullptr;
        void expired() noexcept override { state->read_expired(); }
    };
    struct WriteDeadline final : Deadline {
        State* state = nullptr;
        void expired() noexcept override { state->write_expired(); }
    };

    State(Executor executor, DeadlineWheel& the_wheel) : socket(executor), wheel(the_wheel) {
        read_deadline.state = this;
        write_deadline.state = this;
    }

    // Latched before the cancel: a cancel that comes after completion is lost, the flag is not.
    void read_expired() noexcept {
        read_timed_out = true;
        error_code ignored;
        socket.cancel(ignored);
    }
    void write_expired() noexcept {
        write_timed_out = true;
        error_code ignored;
        socket.cancel(ignored);
    }

    void read_finished(const error_code& code, std::size_t bytes) noexcept;
    void write_some() noexcept;
    void wait_writable();
    void write_finished(IoError error) noexcept;
    [[nodiscard]] IoError connect_error() noexcept {
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        return io_error_from_errno(error);
    }
    void close() noexcept {
        read_deadline.disarm();
        write_deadline.disarm();
        error_code ignored;
        socket.close(ignored);
    }

    Socket socket;
    DeadlineWheel& wheel;
    int references = 1;
    OperationSlot read_slot, write_slot;

    ReadDeadline read_deadline;
    bool read_pending = false;
    bool read_ready = false;
    bool read_timed_out = false;
    IoResult read_result;
    std::coroutine_handle<> reader;
    ReadObserver* observer = nullptr;

    WriteDeadline write_deadline;
    bool write_timed_out = false;
    bool write_done = false;
    IoResult write_result;
    std::chrono::milliseconds write_within{};
    bool connecting = false;
    std::array<iovec, kMaxPieces> pieces{};
    std::size_t first_piece = 0, piece_count = 0;
    std::coroutine_handle<> writer;
};

namespace {

class Reference {
  public:
    explicit Reference(Stream::State* state) noexcept : state_(state) { ++state_->references; }
    Reference(const Reference& other) noexcept : Reference(other.state_) {}
    Reference(Reference&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    Reference& operator=(Reference) = delete;
    ~Reference() {
        if (state_ != nullptr && --state_->references == 0) delete state_;
    }
    Stream::State* operator->() const noexcept { return state_; }
    Stream::State* get() const noexcept { return state_; }

  private:
    Stream::State* state_;
};

struct ReadHandler {
    using allocator_type = SlotAllocator<char>;
    Reference state;
    [[nodiscard]] SlotAllocator<char> get_allocator() const noexcept { return SlotAllocator<char>{&state->read_slot}; }
    void operator()(const error_code& code, std::size_t bytes = 0) const noexcept { state->read_finished(code, bytes); }
};

struct WriteHandler {
    Reference state;
    [[nodiscard]] SlotAllocator<char> get_allocator() const noexcept { return SlotAllocator<char>{&state->write_slot}; }
    void operator()(const error_code& code) const noexcept {
        if (code) {
            state->write_finished(state->write_timed_out ? IoError::timed_out : io_error(code));
        } else if (std::exchange(state->connecting, false)) {
            state->write_finished(state->connect_error());
        } else {
            state->write_some();
            if (!state->write_done) state->wait_writable();
            if (state->write_done) state->write_finished(state->write_result.error);
        }
    }
};

}  // namespace

void Stream::State::read_finished(const error_code& code, std::size_t bytes) noexcept {
    read_deadline.disarm();
    read_pending = false;
    read_ready = true;
    read_result = IoResult{io_error(code), bytes};
    if (bytes == 0 && read_timed_out && read_result.error == IoError::cancelled) read_result.error = IoError::timed_out;
    if (bytes > 0) read_result.error = IoError::none;
    if (reader) {
        std::exchange(reader, {}).resume();
    } else if (observer != nullptr) {
        observer->read_ended(IoResult{read_result});
    }
}

void Stream::State::write_some() noexcept {
    while (first_piece < piece_count) {
        msghdr message{};
        message.msg_iov = &pieces[first_piece];
        message.msg_iovlen = piece_count - first_piece;
        const ssize_t sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return;
            write_result.error = io_error_from_errno(errno);
            write_done = true;
            return;
        }
        auto left = static_cast<std::size_t>(sent);
        write_result.bytes += left;
        while (first_piece < piece_count && left >= pieces[first_piece].iov_len) {
            left -= pieces[first_piece].iov_len;
            ++first_piece;
        }
        if (left > 0) {
            pieces[first_piece].iov_base = static_cast<char*>(pieces[first_piece].iov_base) + left;
            pieces[first_piece].iov_len -= left;
        }
    }
    write_done = true;
}

void Stream::State::wait_writable() {
    if (write_timed_out) {
        write_result.error = IoError::timed_out;
        write_done = true;
        return;
    }
    wheel.arm(write_deadline, write_within);
    socket.async_wait(Socket::wait_write, WriteHandler{Reference{this}});
}

void Stream::State::write_finished(IoError error) noexcept {
    write_deadline.disarm();
    write_done = true;
    write_result.error = error;
    if (writer) std::exchange(writer, {}).resume();
}

Stream::Stream(Executor executor, DeadlineWheel& wheel, int family, int descriptor)
    : state_(new State(executor, wheel)) {
    adopt(family, descriptor);
}

void Stream::adopt(int family, int descriptor) {
    error_code error;
    state_->socket.assign(asio::generic::stream_protocol(family, 0), descriptor, error);
    if (error) {
        ::close(descriptor);
        return;
    }
    state_->socket.native_non_blocking(true, error);
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

Stream Stream::dial(Executor executor, DeadlineWheel& wheel, const SocketAddress& address,
                    std::chrono::milliseconds within) {
    const int descriptor = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int socket_errno = descriptor < 0 ? errno : 0;
    Stream stream;
    stream.state_ = new State(executor, wheel);
    State& state = *stream.state_;
    state.write_done = true;
    if (descriptor < 0) {
        state.write_result.error = io_error_from_errno(socket_errno);
        return stream;
    }
    stream.adopt(address.family(), descriptor);
    if (::connect(descriptor, address.data(), address.size()) == 0) return stream;
    // A Unix socket with a full backlog says EAGAIN: it cannot be waited for, and is as good as refused.
    if (errno != EINPROGRESS) {
        state.write_result.error = errno == EAGAIN ? IoError::refused : io_error_from_errno(errno);
        return stream;
    }
    state.write_done = false;
    state.connecting = true;
    state.write_within = within;
    return stream;
}

Stream::Stream(Stream&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        this->~Stream();
        state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
}

Stream::~Stream() {
    if (state_ == nullptr) return;
    state_->reader = {};
    state_->writer = {};
    state_->observer = nullptr;
    state_->close();
    if (--state_->references == 0) delete state_;
    state_ = nullptr;
}

void Stream::start_read(std::span<char> space, std::chrono::milliseconds within) {
    assert(!state_->read_pending && !space.empty());
    state_->read_ready = false;
    state_->read_timed_out = false;
    state_->read_pending = true;
    state_->wheel.arm(state_->read_deadline, within);
    state_->socket.async_read_some(asio::buffer(space.data(), space.size()), ReadHandler{Reference{state_}});
}

void Stream::start_wait(std::chrono::milliseconds within) {
    assert(!state_->read_pending);
    state_->read_ready = false;
    state_->read_timed_out = false;
    state_->read_pending = true;
    state_->wheel.arm(state_->read_deadline, within);
    state_->socket.async_wait(Socket::wait_read, ReadHandler{Reference{state_}});
}

void Stream::cancel_read() noexcept {
    error_code ignored;
    if (state_->read_pending) state_->socket.cancel(ignored);
}

bool Stream::read_pending() const noexcept { return state_->read_pending; }
bool Stream::read_ready() const noexcept { return state_->read_ready; }
void Stream::read_within(std::chrono::milliseconds within) noexcept {
    if (state_->read_pending) state_->wheel.arm(state_->read_deadline, within);
}
void Stream::observe(ReadObserver* observer) noexcept { state_->observer = observer; }

bool Stream::ReadAwaiter::await_ready() const noexcept { return !state.read_pending; }
void Stream::ReadAwaiter::await_suspend(std::coroutine_handle<> awaiting) const noexcept { state.reader = awaiting; }
IoResult Stream::ReadAwaiter::await_resume() const noexcept {
    state.read_ready = false;
    return state.read_result;
}

Stream::WriteAwaiter Stream::write_all(std::span<const std::string_view> pieces, std::chrono::milliseconds within) {
    State& state = *state_;
    state.first_piece = state.piece_count = 0;
    for (const std::string_view piece : pieces) {
        if (piece.empty()) continue;
        assert(state.piece_count < kMaxPieces);
        state.pieces[state.piece_count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    state.write_within = within;
    state.write_result = {};
    state.write_done = false;
    state.write_timed_out = false;
    if (!state.socket.is_open()) {
        state.write_done = true;
        state.write_result.error = IoError::cancelled;
    } else {
        state.write_some();
    }
    return WriteAwaiter{state};
}

bool Stream::WriteAwaiter::await_ready() const noexcept { return state.write_done; }
void Stream::WriteAwaiter::await_suspend(std::coroutine_handle<> awaiting) const {
    state.writer = awaiting;
    state.wait_writable();
}
IoResult Stream::WriteAwaiter::await_resume() const noexcept { return state.write_result; }

void Stream::shutdown_send() noexcept {
    error_code ignored;
    state_->socket.shutdown(Socket::shutdown_send, ignored);
}

void Stream::reset_on_close() noexcept {
    error_code ignored;
    state_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
}

void Stream::close() noexcept { state_->close(); }
bool Stream::is_open() const noexcept { return state_ != nullptr && state_->socket.is_open(); }
int Stream::descriptor() const noexcept { return state_->socket.native_handle(); }

}  // namespace corsd::net
