#include "proxy/upload.hpp"

namespace corsd::proxy {

net::Task<void> Upload::run() {
    const UploadFraming framing{exchange_.head().framing.kind};
    while (!stopped_) {
        const BodyPiece piece = co_await exchange_.read_body();
        if (stopped_) co_return;
        if (!piece.ok()) {
            failure_ = Failure{Stage::send, Side::client, Retry::no, piece.error, piece.failure};
            upstream_.abort();
            co_return;
        }
        std::array<char, 20> digits;
        std::array<std::string_view, 4> pieces{};
        framing.frame(piece, digits, pieces);
        const net::IoResult sent = co_await upstream_.send(pieces, response_within_);
        if (!sent.ok()) {
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
}

void Upload::stop() noexcept {
    stopped_ = true;
    upstream_.abort();
    exchange_.stop_body();
}

}  // namespace corsd::proxy
