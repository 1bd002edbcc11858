#include "proxy/upload.hpp"

#include "http/trailers.hpp"
#include "proxy/edition.hpp"

namespace corsd::proxy {

namespace {

/// RFC 9112 section 7.1.2: they stay trailers, and never become part of the head that was judged.
std::string_view passed_trailers(Context& context) {
    const std::string_view section = context.exchange->trailers();
    if (section.empty()) return {};
    http::ConnectionNames names;
    names.read(context.exchange->head().fields);
    context.request_trailers.clear();
    http::append_trailers(context.request_trailers, section, names);
    return context.request_trailers;
}

}  // namespace

std::array<std::string_view, http::ChunkFrame::kPieces> UploadFrame::frame(const BodyPiece& body) {
    if (context_.exchange->head().framing.kind != http::BodyKind::chunked) return {body.bytes};
    http::BodyPart part;
    part.bytes = body.bytes;
    if (body.more == More::no) {
        part.place = http::BodyPart::Place::last;
        part.trailers = passed_trailers(context_);
    }
    return chunk_.frame(part);
}

Upload::Upload(Context& context, H1Client& upstream)
    : context_(context),
      exchange_(*context.exchange),
      upstream_(upstream),
      response_within_(context.edition->timeouts().response) {}

net::Task<void> Upload::run() {
    try {
        while (!stopped_) {
            const BodyPiece piece = co_await exchange_.read_body();
            if (stopped_) co_return;
            if (!piece.ok()) {
                failure_ = Failure{Stage::send, Side::client, Retry::no, piece.error, piece.failure};
                upstream_.abort();
                co_return;
            }
            UploadFrame frame(context_);
            const auto pieces = frame.frame(piece);
            const net::IoResult sent = co_await upstream_.send(pieces, response_within_);
            if (!sent.ok()) {
                // Nobody but a client that is gone cuts it here.
                if (sent.error == net::IoError::cancelled && !stopped_) {
                    failure_ = Failure{Stage::send, Side::client, Retry::no, net::IoError::eof, {}};
                    co_return;
                }
                // It may have answered before it stopped reading; one that just does not read has had its time.
                const bool late = sent.error == net::IoError::timed_out;
                upstream_.head_within(late ? std::chrono::milliseconds{1} : response_within_);
                co_return;
            }
            if (piece.more == More::no) {
                complete_ = true;
                upstream_.head_within(response_within_);
                co_return;
            }
        }
    } catch (...) {  // who waits for the answer must not do so for ever
        upstream_.abort();
        throw;
    }
}

void Upload::stop() noexcept {
    stopped_ = true;
    upstream_.abort();
    exchange_.stop_body();
}

}  // namespace corsd::proxy
