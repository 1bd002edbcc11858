#include "proxy/h1_client.hpp"

#include <algorithm>
#include <utility>

#include "http/keep_alive.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/upstream_pool.hpp"

namespace corsd::proxy {

using net::IoError;
using net::IoResult;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// How long before the upstream we close a connection that it keeps for a time that it tells.
constexpr std::chrono::seconds kPeerMargin{1};

}  // namespace

H1Client::H1Client(net::Stream stream, BufferPool& buffers, Place place)
    : place_(std::move(place)), stream_(std::move(stream)), buffers_(buffers), reader_(http::HeadLimits{}) {
    stream_.observe(this);
}

H1Client::~H1Client() {
    buffers_.give(buffer_);
}

void H1Client::begin(http::AnsweredMethod method, const http::HeadLimits& limits) noexcept {
    reader_.configure(limits);
    reader_.reset(method);
    decoder_.configure(limits);
    decoder_.reset();
    method_ = method;
    head_within_ = milliseconds{0};
    awaits_head_ = true;
    body_done_ = broken_ = answered_ = persistent_ = continued_ = false;
    kept_by_peer_ = milliseconds::max();
}

void H1Client::head_within(milliseconds within) noexcept {
    if (!awaits_head_) return;  // the read that is pending is one of the body, with a deadline of its own
    head_within_ = within;
    head_end_ = steady_clock::now() + within;
    stream_.read_within(within);
}

/// An upstream that sends its head byte by byte, or one interim head after the other, gains no time by that. Negative:
/// it is over.
milliseconds H1Client::head_left() const noexcept {
    if (!answered_ || head_within_.count() == 0) return head_within_;
    const auto left = std::chrono::duration_cast<milliseconds>(head_end_ - steady_clock::now());
    if (left.count() > 0) return left;
    return milliseconds{stream_.has_unread() ? 1 : -1};
}

net::Task<Failure> H1Client::read_head() {
    Failure failure{Stage::head, Side::upstream, Retry::no, IoError::none, {}};
    for (;;) {
        if (!buffer_.empty()) {
            const http::Progress progress = reader_.feed(buffer_.view());
            if (progress == http::Progress::complete) co_return Failure{};
            if (progress == http::Progress::failed) {
                broken_ = true;
                failure.parse = reader_.failure();
                co_return failure;
            }
        }
        const milliseconds left = head_left();
        if (left.count() < 0) {
            broken_ = true;
            failure.cause = IoError::timed_out;
            co_return failure;
        }
        if (!buffer_.held()) {
            stream_.start_wait(left);
        } else {
            buffer_.compact();
            if (buffer_.space().empty()) buffer_.grow(buffer_.capacity() * 2);
            stream_.start_read(buffer_.space(), left);
        }
        const IoResult result = co_await stream_.read_done();
        if (!result.ok()) {
            broken_ = true;
            failure.cause = result.error;
            const bool ended = result.error == IoError::eof || result.error == IoError::reset;
            failure.retry = !answered_ && reused_ && ended ? Retry::idempotent : Retry::no;
            co_return failure;
        }
        // Nothing is held while the upstream thinks: the block is taken when there is something to read.
        if (!buffer_.held()) {
            buffers_.take(buffer_);
            continue;
        }
        answered_ = true;
        buffer_.filled(result.bytes);
    }
}

void H1Client::drop_interim() noexcept {
    continued_ = continued_ || reader_.head().status == 100;
    buffer_.consume(reader_.head().bytes);
    reader_.reset(method_);
}

void H1Client::begin_body() noexcept {
    const http::ResponseHead& head = reader_.head();
    awaits_head_ = false;
    buffer_.consume(head.bytes);
    body_kind_ = head.framing.kind;
    body_left_ = head.framing.length;
    persistent_ = head.persistence == http::Persistence::keep;
    for (const http::Field& field : head.fields) {
        if (field.id != http::FieldId::keep_alive) continue;
        const auto timeout = http::keep_alive_timeout(field.value);
        if (timeout) kept_by_peer_ = std::min<milliseconds>(kept_by_peer_, *timeout);
    }
    body_done_ = body_kind_ == http::BodyKind::none || (body_kind_ == http::BodyKind::length && body_left_ == 0);
}

BodyPiece H1Client::first_piece() noexcept {
    if (body_done_ || buffer_.empty()) {
        BodyPiece none;
        none.more = body_done_ ? More::no : More::yes;
        return none;
    }
    return take_body();
}

BodyPiece H1Client::take_body() noexcept {
    BodyPiece piece;
    if (body_kind_ == http::BodyKind::chunked) {
        char* const start = buffer_.data();
        const http::ChunkedDecoder::Step step = decoder_.decode(start, buffer_.size());
        piece.bytes = {start, step.payload};
        buffer_.consume(step.consumed);
        body_done_ = step.progress == http::Progress::complete;
        if (step.progress == http::Progress::failed) piece.failure = decoder_.failure();
    } else if (body_kind_ == http::BodyKind::length) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, buffer_.size()));
        piece.bytes = buffer_.view().substr(0, size);
        buffer_.consume(size);
        body_left_ -= size;
        body_done_ = body_left_ == 0;
    } else {
        piece.bytes = buffer_.view();
        buffer_.consume(buffer_.size());
    }
    piece.more = body_done_ ? More::no : More::yes;
    broken_ = broken_ || !piece.ok();
    return piece;
}

net::Task<BodyPiece> H1Client::read_body(milliseconds within) {
    for (;;) {
        if (!buffer_.empty()) {
            const BodyPiece piece = take_body();
            if (!piece.ok() || !piece.bytes.empty() || piece.more == More::no) co_return piece;
            continue;
        }
        buffer_.rewind(0);
        stream_.start_read(buffer_.space(), within);
        const IoResult result = co_await stream_.read_done();
        if (result.ok()) {
            buffer_.filled(result.bytes);
            continue;
        }
        BodyPiece end;
        if (result.error == IoError::eof && body_kind_ == http::BodyKind::until_close) {
            body_done_ = true;
            end.more = More::no;
        } else {
            broken_ = true;
            end.error = result.error;
        }
        co_return end;
    }
}

void H1Client::begin_tunnel() noexcept {
    awaits_head_ = persistent_ = false;
    buffer_.consume(reader_.head().bytes);
}

net::Task<BodyPiece> H1Client::read_tunnel() {
    return read_raw(RawEnd{stream_, buffer_, buffers_, tunnelled_});
}

void H1Client::abort() noexcept {
    stream_.reset_on_close();
    stream_.close();
}

bool H1Client::reusable() const noexcept {
    return body_done_ && !broken_ && persistent_ && body_kind_ != http::BodyKind::until_close && buffer_.empty() &&
           stream_.is_open() && !stream_.read_pending() && !stream_.read_ready();
}

milliseconds H1Client::keep_for(milliseconds at_most) const noexcept {
    if (kept_by_peer_ >= at_most + kPeerMargin) return at_most;
    return kept_by_peer_ - kPeerMargin;
}

bool H1Client::enter_pool(UpstreamPool& pool, milliseconds within) {
    idle_in_ = &pool;
    buffers_.give(buffer_);
    stream_.start_wait(within);
    return !stream_.read_ready();
}

void H1Client::leave_pool() noexcept {
    if (std::exchange(idle_in_, nullptr) != nullptr) stream_.end_wait();
    reused_ = true;
}

void H1Client::disturbed(net::Disturbance) noexcept {
    // Whatever arrives on an idle connection, a close or bytes that nobody asked for, makes it useless.
    if (idle_in_ != nullptr) idle_in_->evict(*this);
}

}  // namespace corsd::proxy
