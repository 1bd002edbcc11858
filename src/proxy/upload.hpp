// The request's body on its way up, beside the answer on its way down.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "http/chunked.hpp"
#include "net/task.hpp"
#include "proxy/context.hpp"
#include "proxy/exchange.hpp"
#include "proxy/failure.hpp"
#include "proxy/h1_client.hpp"

namespace corsd::proxy {

/// How body pieces are framed towards an HTTP/1.1 upstream. Must not move while the views are used.
class UploadFrame {
  public:
    explicit UploadFrame(Context& context) : context_(context) {}
    /// With the last piece of a chunked body, what may be sent on of its trailers.
    [[nodiscard]] std::array<std::string_view, http::ChunkFrame::kPieces> frame(const BodyPiece& body);

  private:
    Context& context_;
    http::ChunkFrame chunk_;
};

/// Lives in the coroutine that joins its run().
class Upload {
  public:
    Upload(Context& context, H1Client& upstream);

    /// Until the body is complete or one side fails. A client that fails takes the upstream's connection with it, so
    /// that a cut body is never taken for whole; an upstream that stops reading may still answer.
    net::Task<void> run();
    /// Ends a run() that waits.
    void stop() noexcept;

    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Set when the client is at fault.
    [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

  private:
    Context& context_;
    Exchange& exchange_;
    H1Client& upstream_;
    std::chrono::milliseconds response_within_;  // for the answer, from the moment the body is complete
    bool complete_ = false, stopped_ = false;
    Failure failure_;
};

}  // namespace corsd::proxy
