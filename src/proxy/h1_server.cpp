#include "proxy/h1_server.hpp"

#include <algorithm>
#include <utility>

#include "proxy/answer.hpp"
#include "proxy/handle.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

using net::IoError;
using net::IoResult;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A body left over by an answer that did not need it is read to keep the connection, up to here.
constexpr std::uint64_t kDrainBytes = 64 * 1024;
/// How long a closing connection waits for more to read, so that the answer is not lost to a reset (RFC 9112 section
/// 9.6); timeouts.body bounds it in all.
constexpr milliseconds kLinger{2000};
/// Shutdown: whoever has just been accepted is about to send a request, and no answer tells them to ask elsewhere.
constexpr milliseconds kNewcomer{1000};
/// Space that must be left behind a head for reading its body.
constexpr std::size_t kBodySpace = 8 * 1024;

}  // namespace

H1Server::H1Server(Worker& worker, net::Stream stream, Arrival arrival)
    : worker_(worker), stream_(std::move(stream)), arrival_(std::move(arrival)), draining_(worker.draining()) {
    stream_.observe(this);
}

H1Server::~H1Server() {
    worker_.buffers().give(buffer_);
    worker_.workspaces().give(std::move(work_));
}

net::Task<void> H1Server::serve() {
    while (stream_.is_open()) {
        edition_.reset();  // the last request's
        idle_ = true;
        if (buffer_.empty()) {  // here and not further down: each frame below would be one more that an idle connection
                                // holds
            park();
            const IoResult result = co_await stream_.read_done();
            if (result.error == IoError::cancelled && requests_ == 0 && stream_.is_open()) continue;  // by drain()
            if (!result.ok()) break;
        }
        const HeadOutcome outcome = co_await read_head();
        if (outcome.kind == HeadOutcome::Kind::gone) break;
        if (outcome.kind != HeadOutcome::Kind::request) {
            co_await refuse_head(outcome);
            break;
        }
        begin_exchange();
        if (arrival_.admission == Admission::too_many) {
            ending_ = Ending::after_answer;
            co_await refuse_crowd(*this, worker_);
            co_await linger();
            break;
        }
        co_await handle(*this, worker_);
        const bool again = co_await finish_exchange();
        if (!again) break;
    }
}

/// From here on the request sees one edition, whatever is reloaded meanwhile.
void H1Server::begin_head() {
    edition_ = worker_.current();
    if (work_ == nullptr) work_ = worker_.workspaces().take();
    work_->reader.reset();
    work_->reader.configure(edition_->head_limits(), edition_->underscores());
    work_->decoder.configure(edition_->head_limits());
}

net::Task<HeadOutcome> H1Server::read_head() {
    for (;;) {
        if (!buffer_.empty()) {
            if (!edition_) begin_head();
            const http::Progress progress = work_->reader.feed(buffer_.view());
            if (idle_ && (progress != http::Progress::need_more || work_->reader.started())) {
                idle_ = false;
                head_started_ = steady_clock::now();
            }
            if (progress == http::Progress::failed)
                co_return HeadOutcome{HeadOutcome::Kind::refused, work_->reader.failure()};
            if (progress == http::Progress::complete) {
                if (!reserve_body_space()) continue;
                co_return HeadOutcome{HeadOutcome::Kind::request, {}};
            }
        }
        IoResult result;
        if (idle_) {  // before its first byte is read, or empty lines before it
            const milliseconds within = worker_.edition().timeouts().header;
            result = co_await await_bytes(within);
        } else {
            const auto spent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - head_started_);
            const milliseconds left = edition_->timeouts().header - spent;
            // Over: deadlines are coarse, and one armed anew with each byte of a trickle would never fire.
            if (left.count() <= 0 && !stream_.has_unread()) {
                result.error = IoError::timed_out;
            } else {
                const milliseconds within = std::max(left, milliseconds{1});
                result = co_await await_bytes(within);
            }
        }
        if (result.ok()) continue;
        const bool late = result.error == IoError::timed_out && !idle_;
        // The bytes may have moved since they were fed: what is known of the head, for the log, must follow them.
        if (late) (void)work_->reader.feed(buffer_.view());
        HeadOutcome outcome;
        if (late) outcome.kind = HeadOutcome::Kind::timed_out;
        co_return outcome;
    }
}

/// False: the head was moved to make room and must be read again.
bool H1Server::reserve_body_space() {
    const http::RequestHead& head = work_->reader.head();
    const std::size_t end = buffer_.offset() + head.bytes;
    if (head.framing.kind == http::BodyKind::none || buffer_.capacity() - end >= kBodySpace) return true;
    buffer_.grow(head.bytes + std::max(buffer_.size() - head.bytes, kBodySpace) + kBodySpace);
    work_->reader.reset();
    return false;
}

/// Posts the wait for a request's first byte, holding nothing that only a request needs.
void H1Server::park() noexcept {
    worker_.buffers().give(buffer_);
    worker_.workspaces().give(std::move(work_));
    const config::Timeouts& timeouts = worker_.edition().timeouts();
    // Before the first request the deadline is that of a head: a connection that says nothing is as good as a slow one.
    const bool newcomer = requests_ == 0;
    stream_.start_wait(!newcomer ? timeouts.idle : draining_ ? std::min(kNewcomer, timeouts.header) : timeouts.header);
    if (draining_ && !newcomer) stream_.cancel_read();  // only what has come already
}

net::Task<IoResult> H1Server::await_bytes(milliseconds within) {
    if (!buffer_.held()) worker_.buffers().take(buffer_);
    buffer_.compact();
    if (buffer_.space().empty()) buffer_.grow(buffer_.capacity() * 2);
    stream_.start_read(buffer_.space(), within);
    const IoResult result = co_await stream_.read_done();
    if (result.ok()) buffer_.filled(result.bytes);
    co_return result;
}

void H1Server::begin_exchange() noexcept {
    const http::RequestHead& head = work_->reader.head();
    ++requests_;
    buffer_.consume(head.bytes);
    head_end_ = buffer_.offset();
    body_kind_ = head.framing.kind;
    body_left_ = head.framing.length;
    body_done_ = body_kind_ == http::BodyKind::none || (body_kind_ == http::BodyKind::length && body_left_ == 0);
    body_broken_ = false;
    work_->decoder.reset();
    const std::uint64_t least_rate = edition_->config().min_rate;
    work_->body_pace.begin(least_rate);
    stream_.keep_write_rate(least_rate);
    waits_for_continue_ = head.expectation == http::Expectation::continue_100 && !body_done_ && buffer_.empty();
    bytes_in_ = bytes_out_ = 0;
    trailers_out_ = {};
    answer_begun_ = answer_done_ = answer_failed_ = false;
    ending_ = Ending::open;
}

void H1Server::disturbed(net::Disturbance disturbance) noexcept {
    // Bytes are the next request, or the end of all requests: they can wait. Only a reset means that nobody listens.
    if (disturbance != net::Disturbance::reset) return;
    gone_ = true;
    if (upstream_ != nullptr) upstream_->abort();
}

void H1Server::watch(Abortable* upstream) noexcept {
    upstream_ = upstream;
    if (upstream == nullptr) return;
    // It may have happened while nobody watched, or have been told with the last bytes of the request.
    gone_ = gone_ || stream_.is_broken();
    if (gone_) upstream->abort();
}

bool H1Server::body_drainable() const noexcept {
    if (body_done_) return true;
    if (body_broken_ || waits_for_continue_) return false;
    return body_kind_ == http::BodyKind::length && body_left_ <= kDrainBytes;
}

net::Task<bool> H1Server::finish_exchange() {
    if (!answer_done_ || answer_failed_ || ending_ == Ending::cut || !stream_.is_open()) co_return false;
    while (ending_ == Ending::open && !body_done_ && body_drainable()) {
        const BodyPiece piece = co_await read_body();
        if (!piece.ok()) break;
    }
    if (ending_ == Ending::open && body_done_) co_return true;
    co_await linger();
    co_return false;
}

net::Task<void> H1Server::linger() {
    stream_.shutdown_send();
    // Only who asked for the end, and has sent nothing since, is surely not sending the next request now.
    const bool expected = !reader_failed_ && work_->reader.head().persistence == http::Persistence::close;
    if (expected && body_done_ && buffer_.empty() && !stream_.has_unread()) co_return;
    const auto end = steady_clock::now() + std::max(kLinger, edition_->timeouts().body);
    for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
        if (left.count() <= 0) co_return;
        if (buffer_.held()) buffer_.rewind(0);
        const milliseconds within = std::min(left, kLinger);
        const IoResult result = co_await await_bytes(within);
        if (!result.ok()) co_return;
    }
}

net::Task<void> H1Server::refuse_head(HeadOutcome outcome) {
    reader_failed_ = true;
    ending_ = Ending::after_answer;
    answer_begun_ = answer_done_ = false;
    bytes_in_ = bytes_out_ = 0;
    body_done_ = true;
    if (outcome.kind == HeadOutcome::Kind::timed_out) {
        outcome.failure = {Reason::client_timeout, "the request head did not arrive in time"};
    }
    co_await refuse_unread(*this, worker_, outcome.failure);
    co_await linger();
}

void H1Server::drain() noexcept {
    draining_ = true;
    if (idle_) stream_.cancel_read();
}

void H1Server::cut() noexcept {
    ending_ = Ending::cut;
    gone_ = gone_ || !tunnels();                                   // the ends of a tunnel read an end, not a reset
    if (answer_begun_ && !answer_done_) stream_.reset_on_close();  // a cut body must not be taken for whole
    if (upstream_ != nullptr) upstream_->abort();
    stream_.close();
}

/// A tunnel may last for days, the block that holds its request's head shall not.
void H1Server::keep_head_aside() {
    const std::size_t size = work_->reader.head().bytes;
    head_aside_.assign(buffer_.data() - (buffer_.offset() - (head_end_ - size)), size);
    (void)work_->reader.feed(head_aside_);
    work_->out = HeadText{};
}

net::Task<IoResult> H1Server::switch_protocols(const AnswerHead& head) {
    const IoResult result = co_await send_interim(head);
    ending_ = Ending::cut;  // no request comes after a tunnel
    stream_.keep_write_rate(0);
    out_framing_ = OutFraming::until_close;
    keep_head_aside();
    co_return result;
}

net::Task<BodyPiece> H1Server::read_tunnel() {
    return read_raw(RawEnd{stream_, buffer_, worker_.buffers(), bytes_in_});
}

void H1Server::end_after_answer() noexcept {
    ending_ = ending_ == Ending::open ? Ending::after_answer : ending_;
}

void H1Server::abort() noexcept {
    ending_ = Ending::cut;
    stream_.reset_on_close();
    stream_.close();
}

}  // namespace corsd::proxy
