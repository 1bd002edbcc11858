#include "proxy/tunnel.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "proxy/edition.hpp"
#include "proxy/route_request.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

using net::IoError;
using net::IoResult;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kUnbounded{0};

}  // namespace

net::Task<BodyPiece> read_raw(RawEnd end) {
    BodyPiece piece;
    for (;;) {
        if (!end.buffer.empty()) {
            piece.bytes = end.buffer.view();
            end.buffer.consume(piece.bytes.size());
            end.bytes += piece.bytes.size();
            co_return piece;
        }
        if (end.stream.has_unread()) {
            if (!end.buffer.held()) end.buffers.take(end.buffer);
            end.buffer.rewind(0);
            end.stream.start_read(end.buffer.space(), kUnbounded);
        } else {
            end.buffers.give(end.buffer);
            end.stream.start_wait(kUnbounded);
        }
        const IoResult result = co_await end.stream.read_done();
        if (result.ok()) {
            end.buffer.filled(result.bytes);
            continue;
        }
        end.buffers.give(end.buffer);
        piece.more = More::no;
        if (result.error != IoError::eof) piece.error = result.error;
        co_return piece;
    }
}

Tunnel::Tunnel(Exchange& exchange, H1Client& upstream, net::DeadlineWheel& wheel)
    : exchange_(exchange),
      upstream_(upstream),
      wheel_(wheel),
      silence_(exchange.edition().timeouts().stream),
      last_byte_(steady_clock::now()) {}

Tunnel::~Tunnel() {
    exchange_.watch(nullptr);
}

net::Task<void> Tunnel::run() {
    wheel_.arm(*this, silence_);
    exchange_.watch(this);
    net::Child up(relay_up());
    std::exception_ptr escaped;  // whatever happens, the other direction is joined before this frame goes
    try {
        co_await relay_down();
    } catch (...) {
        escaped = std::current_exception();
    }
    co_await up.join();
    disarm();
    if (escaped) std::rethrow_exception(escaped);
}

net::Task<void> Tunnel::relay_up() {
    try {
        for (;;) {
            const BodyPiece piece = co_await exchange_.read_tunnel();
            if (piece.error == IoError::cancelled) co_return;
            if (!piece.ok()) {
                end(Ending::client_reset, Close::reset);
                co_return;
            }
            touch();
            if (!piece.bytes.empty()) {
                const std::array<std::string_view, 1> pieces{piece.bytes};
                ++writes_;
                const IoResult sent = co_await upstream_.send(pieces, silence_);
                --writes_;
                touch();
                if (sent.error == IoError::timed_out) end(Ending::upstream_stuck, Close::reset);
                // One that takes no more may have said its last: the other direction reads that, and the reset behind
                // it.
                if (!sent.ok()) co_return;
            }
            if (piece.more == More::yes) continue;
            upstream_.end_sending();
            co_return;
        }
    } catch (...) {
        end(Ending::closed, Close::reset);
        throw;
    }
}

net::Task<void> Tunnel::relay_down() {
    try {
        for (;;) {
            const BodyPiece piece = co_await upstream_.read_tunnel();
            if (piece.error == IoError::cancelled) co_return;
            if (!piece.ok()) {
                end(Ending::upstream_reset, Close::reset);
                co_return;
            }
            touch();
            ++writes_;
            const IoResult sent = co_await exchange_.send_body(piece.bytes, piece.more);
            --writes_;
            touch();
            if (sent.error == IoError::timed_out) end(Ending::client_stuck, Close::reset);
            if (!sent.ok() || piece.more == More::no) co_return;
        }
    } catch (...) {
        end(Ending::closed, Close::reset);
        throw;
    }
}

void Tunnel::expired() noexcept {
    const auto silent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - last_byte_);
    if (writes_ > 0 || silent < silence_) {
        const milliseconds left = writes_ > 0 ? silence_ : silence_ - silent;
        wheel_.arm(*this, std::max(left, milliseconds{1}));
        return;
    }
    end(Ending::silent, Close::orderly);
}

void Tunnel::abort() noexcept {
    const bool gone = exchange_.peer_gone();
    end(gone ? Ending::client_reset : Ending::closed, gone ? Close::reset : Close::orderly);
}

void Tunnel::end(Ending ending, Close how) noexcept {
    if (ending_ == Ending::whole) ending_ = ending;
    disarm();
    if (how == Close::reset) {
        upstream_.abort();
        exchange_.abort();
    } else {
        upstream_.close();
        exchange_.close();
    }
}

std::string_view describe(Tunnel::Ending ending) noexcept {
    switch (ending) {
        case Tunnel::Ending::whole:
            return "";
        case Tunnel::Ending::silent:
            return "nothing came through the tunnel for timeouts.stream";
        case Tunnel::Ending::client_reset:
            return "the client reset the tunnel";
        case Tunnel::Ending::upstream_reset:
            return "the upstream reset the tunnel";
        case Tunnel::Ending::client_stuck:
            return "the client stopped reading from the tunnel";
        case Tunnel::Ending::upstream_stuck:
            return "the upstream stopped reading from the tunnel";
        case Tunnel::Ending::closed:
            return "the tunnel was closed by corsd";
    }
    return "";
}

net::Task<void> carry_tunnel(Context& context, H1Client& upstream) {
    Worker& worker = *context.worker;
    // The head has moved to a place of its own: whatever viewed into it is made anew, and what only rewriting needed is
    // given back. An idle tunnel may live for days.
    context.release_scratch();
    context.question.clear_request();
    ask(context.question, context.exchange->head());
    context.verdict = cors::decide(*context.governed, context.question, worker.scratch());
    Tunnel tunnel(*context.exchange, upstream, worker.wheel());
    co_await tunnel.run();
    context.detail = describe(tunnel.ending());
}

}  // namespace corsd::proxy
