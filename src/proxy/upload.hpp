// The request's body on its way up, beside the answer on its way down.
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string_view>

#include "http/chunked.hpp"
#include "net/task.hpp"
#include "proxy/exchange.hpp"
#include "proxy/failure.hpp"
#include "proxy/h1_client.hpp"

namespace corsd::proxy {

/// How body pieces are framed towards an HTTP/1.1 upstream.
struct UploadFraming {
    http::BodyKind kind;

    /// The pieces to write for `body`; `digits` must live as long as they do.
    void frame(const BodyPiece& body, std::array<char, 20>& digits, std::span<std::string_view, 4> out) const noexcept {
        if (kind != http::BodyKind::chunked) {
            out[0] = body.bytes;
            return;
        }
        if (!body.bytes.empty()) {
            out[0] = http::chunk_header(body.bytes.size(), digits);
            out[1] = body.bytes;
            out[2] = http::kChunkEnd;
        }
        if (body.more == More::no) out[3] = http::kLastChunk;
    }
};

/// Lives in the coroutine that joins its run().
class Upload {
  public:
    /// `response_within` bounds the wait for the answer from the moment the body is complete.
    Upload(Exchange& exchange, H1Client& upstream, std::chrono::milliseconds response_within)
        : exchange_(exchange), upstream_(upstream), response_within_(response_within) {}

    /// Until the body is complete or one side fails. A client that fails takes the upstream's connection with it, so
    /// that a cut body is never taken for whole; an upstream that stops reading may still answer.
    net::Task<void> run();
    /// Ends a run() that waits.
    void stop() noexcept;

    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Set when the client is at fault.
    [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

  private:
    Exchange& exchange_;
    H1Client& upstream_;
    std::chrono::milliseconds response_within_;
    bool complete_ = false, stopped_ = false;
    Failure failure_;
};

}  // namespace corsd::proxy
