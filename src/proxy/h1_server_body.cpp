// The bodies of H1Server: reading the request's, framing and writing the answer's.
#include <algorithm>
#include <array>

#include "proxy/h1_server.hpp"
#include "proxy/head_text.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

using net::IoError;
using net::IoResult;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// A body as small as this is copied behind its head: cheaper than a second piece for the kernel to gather.
constexpr std::size_t kCopied = 4 * 1024;

[[nodiscard]] http::BodyPart::Place place(More more) noexcept {
    return more == More::no ? http::BodyPart::Place::last : http::BodyPart::Place::inside;
}

}  // namespace

bool H1Server::body_at_hand() const noexcept {
    return body_done_ || !buffer_.empty();
}

BodyPiece H1Server::take_body() noexcept {
    BodyPiece piece;
    if (body_kind_ == http::BodyKind::chunked) {
        piece = take_chunked();
    } else {
        const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, buffer_.size()));
        piece.bytes = buffer_.view().substr(0, size);
        buffer_.consume(size);
        body_left_ -= size;
        body_done_ = body_left_ == 0;
    }
    piece.more = body_done_ ? More::no : More::yes;
    bytes_in_ += piece.bytes.size();
    const std::uint64_t bound = edition_->limits().max_body_bytes;
    if (bound != 0 && bytes_in_ > bound) {
        piece.failure = {Reason::body_too_large, "the request body is larger than limits.max_body_bytes"};
    }
    body_broken_ = body_broken_ || !piece.ok();
    return piece;
}

BodyPiece H1Server::take_chunked() noexcept {
    char* const start = buffer_.data();
    const http::ChunkedDecoder::Step step = work_->decoder.decode(start, buffer_.size());
    BodyPiece piece;
    piece.bytes = {start, step.payload};
    buffer_.consume(step.consumed);
    if (step.progress == http::Progress::failed) piece.failure = work_->decoder.failure();
    body_done_ = step.progress == http::Progress::complete;
    return piece;
}

/// How long the client may be silent: timeouts.body, or less when it has fallen behind min_rate. 0: too slow already.
milliseconds H1Server::body_within() const noexcept {
    const milliseconds within = edition_->timeouts().body;
    // A client that waits for its 100 is not slow: the upstream is.
    if (waits_for_continue_) return within;
    const net::Pace& pace = work_->body_pace;
    if (pace.too_slow()) return milliseconds{stream_.has_unread() ? 1 : 0};
    return pace.bound(within);
}

net::Task<BodyPiece> H1Server::read_body() {
    for (;;) {
        if (!buffer_.empty() || body_done_) {
            const BodyPiece piece = take_body();
            if (!piece.ok() || !piece.bytes.empty() || piece.more == More::no) co_return piece;
            continue;
        }
        const milliseconds within = body_within();
        IoResult result{IoError::timed_out, 0};
        if (within.count() > 0) {
            const bool counts = work_->body_pace.asked() && !waits_for_continue_;
            const auto since = counts ? steady_clock::now() : steady_clock::time_point{};
            buffer_.rewind(head_end_);
            stream_.start_read(buffer_.space(), within);
            result = co_await stream_.read_done();
            if (counts) work_->body_pace.moved(result.bytes, steady_clock::now() - since);
        }
        if (result.ok()) {
            buffer_.filled(result.bytes);
            waits_for_continue_ = false;
            continue;
        }
        body_broken_ = true;
        BodyPiece failed;
        failed.error = result.error;
        co_return failed;
    }
}

void H1Server::decide_persistence(const AnswerHead& head) noexcept {
    if (ending_ != Ending::open) return;
    const std::size_t bound = edition_->limits().max_requests_per_connection;
    const bool last_one = bound != 0 && requests_ >= bound;
    // While an upload is under way nobody knows whether it will end; if it does not, the connection ends without a
    // word. A client that still waits for 100 is told not to send it (RFC 9110 section 10.1.1).
    const bool body_in_the_way = (upstream_ == nullptr || waits_for_continue_) && !body_drainable();
    const bool needs_close = out_framing_ == OutFraming::until_close;
    const bool unusual = head.status < 200;
    if (!unusual && (work_->reader.head().persistence == http::Persistence::close || draining_ || last_one ||
                     body_in_the_way || needs_close)) {
        ending_ = Ending::after_answer;
    }
}

void H1Server::frame_answer(const AnswerHead& head) noexcept {
    switch (head.framing.kind) {
        case http::BodyKind::none:
            out_framing_ = OutFraming::none;
            break;
        case http::BodyKind::length:
            out_framing_ = OutFraming::length;
            break;
        case http::BodyKind::chunked:
        case http::BodyKind::until_close:
            out_framing_ = work_->reader.head().minor == 0 ? OutFraming::until_close : OutFraming::chunked;
            break;
    }
}

void H1Server::serialise(const AnswerHead& head) {
    work_->out.clear();
    append_answer_head(work_->out, head);
    if (head.status < 200) {
        work_->out.append("\r\n");
        return;
    }
    switch (out_framing_) {
        case OutFraming::none:
            if (!head.content_length.empty()) append_line(work_->out, "Content-Length: ", head.content_length);
            break;
        case OutFraming::length:
            append_content_length(work_->out, head.framing.length);
            break;
        case OutFraming::chunked:
            work_->out.append("Transfer-Encoding: chunked\r\n");
            break;
        case OutFraming::until_close:
            break;
    }
    if (ending_ == Ending::after_answer) {
        work_->out.append("Connection: close\r\n");
    } else if (work_->reader.head().minor == 0) {
        work_->out.append("Connection: keep-alive\r\n");
    }
    work_->out.append("\r\n");
}

net::Task<IoResult> H1Server::send_interim(const AnswerHead& head) {
    if (work_->reader.head().minor == 0) co_return IoResult{};
    serialise(head);
    const std::array<std::string_view, 1> pieces{work_->out};
    const IoResult result = co_await stream_.write_all(pieces, edition_->timeouts().write);
    if (!result.ok()) answer_failed_ = true;
    co_return result;
}

net::Task<IoResult> H1Server::send_head(const AnswerHead& head, std::string_view first, More more) {
    frame_answer(head);
    decide_persistence(head);
    serialise(head);
    answer_begun_ = true;
    http::ChunkFrame chunk;
    std::array<std::string_view, 1 + http::ChunkFrame::kPieces> pieces{work_->out};
    if (out_framing_ == OutFraming::chunked) {
        const auto framed = chunk.frame({first, place(more), trailers_out_});
        std::copy(framed.begin(), framed.end(), pieces.begin() + 1);
    } else if (out_framing_ != OutFraming::none && first.size() <= kCopied) {
        work_->out.append(first);
        pieces[0] = work_->out;
    } else if (out_framing_ != OutFraming::none) {
        pieces[1] = first;
    }
    bytes_out_ += out_framing_ == OutFraming::none ? 0 : first.size();
    const IoResult result = co_await stream_.write_all(pieces, edition_->timeouts().write);
    if (!result.ok()) answer_failed_ = true;
    if (more == More::no) answer_done_ = true;
    co_return result;
}

net::Task<IoResult> H1Server::send_body(std::string_view bytes, More more) {
    http::ChunkFrame chunk;
    std::array<std::string_view, http::ChunkFrame::kPieces> pieces{bytes};
    if (out_framing_ == OutFraming::chunked) pieces = chunk.frame({bytes, place(more), trailers_out_});
    bytes_out_ += bytes.size();
    const IoResult result = co_await stream_.write_all(pieces, edition_->timeouts().write);
    if (!result.ok()) answer_failed_ = true;
    if (more == More::no) answer_done_ = true;
    if (more == More::no && tunnels()) stream_.shutdown_send();
    co_return result;
}

}  // namespace corsd::proxy
