// Step 4 of the story: which connections a request is tried on, and how often.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "proxy/context.hpp"
#include "proxy/upstream_pool.hpp"

namespace corsd::proxy {

/// May a request reach an upstream twice? Only an idempotent one that is at hand as a whole (RFC 9110 section 9.2.2).
enum class Repeatable : std::uint8_t { no, yes };

/// The tries of one request (upstreams.NAME.retry). Take a connection; note how it failed; ask whether to go on.
class Tries {
  public:
    Tries(Context& context, UpstreamPool& pool, Repeatable repeatable);

    /// A kept connection to the endpoint whose turn it is; null: open one. Only on the first try: after a failure only
    /// a new one is sure not to have run out as well.
    [[nodiscard]] std::unique_ptr<H1Client> take_kept();
    /// For UpstreamPool::open, right after take_kept gave nothing.
    [[nodiscard]] UpstreamPool::Wish wish() const;
    /// What came of it; null: the context has the failure.
    [[nodiscard]] std::unique_ptr<H1Client> take_opened(UpstreamPool::Opened opened);
    /// The context has a failure of this endpoint.
    void note_failure(Endpoint& endpoint);
    /// May the request be tried once more? Then the failure is forgotten.
    [[nodiscard]] bool again();

  private:
    [[nodiscard]] bool may_repeat() const;

    Context& context_;
    UpstreamPool& pool_;
    Repeatable repeatable_;
    std::size_t left_;
    bool first_ = true;
    std::uint64_t failed_ = 0;                           // the endpoint that did last; 0: none
    const std::shared_ptr<Endpoint>* chosen_ = nullptr;  // until the next suspension
    std::chrono::milliseconds connect_left_;             // of timeouts.connect
};

}  // namespace corsd::proxy
