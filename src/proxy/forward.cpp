#include "proxy/forward.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "http/trailers.hpp"
#include "proxy/answer.hpp"
#include "proxy/edition.hpp"
#include "proxy/rewrite.hpp"
#include "proxy/tries.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/upload.hpp"
#include "proxy/upstream_pool.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

using net::IoError;
using net::IoResult;
using std::chrono::steady_clock;

/// RFC 9110 section 15.2 sets no bound; an upstream that sends more interim answers than this is broken.
constexpr int kMaxInterim = 32;
constexpr std::uint16_t kSwitched = 101;

/// RFC 9110 section 9.2.2.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE";
}

[[nodiscard]] Failure invalid(const char* detail) noexcept {
    return Failure{Stage::head, Side::upstream, Retry::no, IoError::none, {Reason::upstream_invalid, detail}};
}

/// The client did not take what it was sent.
[[nodiscard]] Failure not_taken(const IoResult& sent) noexcept {
    return Failure{Stage::body, Side::client, Retry::no, sent.error, {}};
}

/// The interim heads up to the final one, or up to a 101.
net::Task<Failure> await_final_head(Context& context, H1Client& upstream) {
    for (int interim = 0;; ++interim) {
        const Failure failure = co_await upstream.read_head();
        if (failure.failed()) co_return failure;
        const http::ResponseHead& head = upstream.head();
        if (head.status >= 200 || head.status == kSwitched) co_return Failure{};
        if (interim == kMaxInterim) co_return invalid("the upstream sent too many interim answers");
        AnswerHead out;
        rewrite_interim(context, head, out);
        const IoResult sent = co_await context.exchange->send_interim(out);
        if (!sent.ok()) co_return not_taken(sent);
        upstream.drop_interim();
    }
}

/// Behind the answer's last piece, what may be sent on of its trailers (RFC 9112 section 7.1.2; N35).
void pass_trailers(Context& context, const H1Client& upstream) {
    const std::string_view section = upstream.trailers();
    if (section.empty()) return;
    http::ConnectionNames names;  // the head's bytes are gone by now
    names.read(context.answer_options);
    context.answer_trailers.clear();
    http::append_trailers(context.answer_trailers, section, names);
    context.exchange->set_trailers(context.answer_trailers);
}

/// The rest of the answer's body, piece by piece: what the client does not take, the upstream is not asked for.
net::Task<Failure> relay_body(Context& context, H1Client& upstream) {
    const auto within = context.edition->timeouts().stream;
    for (;;) {
        const BodyPiece piece = co_await upstream.read_body(within);
        if (!piece.ok()) co_return Failure{Stage::body, Side::upstream, Retry::no, piece.error, piece.failure};
        if (piece.more == More::no) pass_trailers(context, upstream);
        const IoResult sent = co_await context.exchange->send_body(piece.bytes, piece.more);
        if (!sent.ok()) co_return not_taken(sent);
        if (piece.more == More::no) co_return Failure{};
    }
}

/// Steps 6 and 7, from the final head on. Whatever fails here, the client's connection pays for it.
net::Task<Failure> relay_answer(Context& context, H1Client& upstream) {
    const http::ResponseHead& head = upstream.head();
    context.upstream_status = head.status;
    context.status = head.status;
    AnswerHead out;
    rewrite_answer(context, head, out);
    upstream.begin_body();
    const BodyPiece first = upstream.first_piece();
    // A body that is broken in its first bytes is known before the head has gone out: still a clean 502.
    if (!first.ok()) co_return Failure{Stage::head, Side::upstream, Retry::no, first.error, first.failure};
    if (first.more == More::no) pass_trailers(context, upstream);
    context.head_out = true;
    const IoResult sent = co_await context.exchange->send_head(out, first.bytes, first.more);
    if (!sent.ok()) co_return not_taken(sent);
    if (first.more == More::no) co_return Failure{};
    const Failure failure = co_await relay_body(context, upstream);
    co_return failure;
}

/// The upstream takes the offer to switch protocols (RFC 9110 section 15.2.2).
net::Task<Failure> relay_switch(Context& context, H1Client& upstream) {
    const http::ResponseHead& head = upstream.head();
    context.upstream_status = head.status;
    if (context.upgrade.empty()) co_return invalid("the upstream switched protocols unasked");
    AnswerHead out;
    if (!rewrite_switch(context, head, out))
        co_return invalid("the upstream switched to a protocol that was not offered");
    context.status = head.status;
    context.head_out = true;
    const IoResult sent = co_await context.exchange->switch_protocols(out);
    upstream.begin_tunnel();
    if (!sent.ok()) co_return not_taken(sent);
    co_return Failure{};
}

/// Sends the head with what is at hand of the body. The first piece stays valid for a second try.
net::Task<Failure> send_request(Context& context, H1Client& upstream, BodyPiece first) {
    const http::RequestHead& head = context.exchange->head();
    upstream.begin(head.method == "HEAD" ? http::AnsweredMethod::head : http::AnsweredMethod::other,
                   context.edition->head_limits());
    UploadFrame frame(context);
    const auto framed = frame.frame(first);
    std::array<std::string_view, 1 + framed.size()> pieces{context.head_text};
    std::copy(framed.begin(), framed.end(), pieces.begin() + 1);
    const auto within = context.edition->timeouts().response;
    context.sent = steady_clock::now();
    const IoResult sent = co_await upstream.send(pieces, within);
    if (sent.ok()) co_return Failure{};
    const bool untouched = upstream.reused() && sent.error == IoError::reset && sent.bytes == 0;
    co_return Failure{Stage::send, Side::upstream, untouched ? Retry::any : Retry::no, sent.error, {}};
}

/// Steps 6 and 7: the answer, from its first interim head to its last byte.
net::Task<Failure> receive(Context& context, H1Client& upstream) {
    Failure failure = co_await await_final_head(context, upstream);
    if (failure.failed()) co_return failure;
    context.answered = steady_clock::now();
    if (upstream.head().status == kSwitched) {
        failure = co_await relay_switch(context, upstream);
    } else {
        failure = co_await relay_answer(context, upstream);
    }
    co_return failure;
}

/// One try on one connection, up to the end of the answer.
net::Task<Failure> attempt(Context& context, H1Client& upstream, BodyPiece first) {
    Exchange& exchange = *context.exchange;
    Failure failure = co_await send_request(context, upstream, first);
    // An upstream that refuses a large upload answers and closes: its answer may be there although our write failed.
    if (failure.failed() && (failure.cause != IoError::reset || failure.retry == Retry::any)) co_return failure;
    exchange.watch(&upstream);
    Upload upload(context, upstream);
    std::optional<net::Child> child;
    if (first.more == More::yes) {
        child.emplace(upload.run());
    } else {
        upstream.head_within(context.edition->timeouts().response);
    }
    std::exception_ptr escaped;  // whatever happens, the upload is joined before this frame goes
    try {
        failure = co_await receive(context, upstream);
    } catch (...) {
        escaped = std::current_exception();
    }
    if (child) {
        // The answer is over: an upload that still runs is of no use any more. But the new protocol starts only when
        // the request is whole (RFC 9110 section 7.8).
        const bool switched = context.status == kSwitched && !failure.failed();
        if (!child->done() && !switched) upload.stop();
        co_await child->join();
        if (upload.failure().failed() && (failure.failed() || switched)) failure = upload.failure();
        if (switched && !upload.complete() && !failure.failed()) {
            failure = Failure{Stage::body, Side::upstream, Retry::no, IoError::reset, {}};
        }
        if (!upload.complete()) upstream.abort();
    }
    exchange.watch(nullptr);
    if (escaped) std::rethrow_exception(escaped);
    co_return failure;
}

/// The client was to wait for 100 (Continue) and the upstream never said it: whether a body follows is a matter of
/// opinion, and the next request might be read as one.
[[nodiscard]] bool expected_in_vain(const Exchange& exchange, const H1Client& upstream) noexcept {
    return exchange.head().expectation == http::Expectation::continue_100 && !upstream.continued();
}

net::Task<void> report(Context& context) {
    Exchange& exchange = *context.exchange;
    Failure& failure = context.failure;
    // What stopped then was cut by us: the upstream is not to blame.
    if (exchange.peer_gone() && failure.side == Side::upstream)
        failure = Failure{context.head_out ? Stage::body : Stage::head, Side::client, Retry::no, IoError::reset, {}};
    context.detail = describe(failure);
    context.reason = reason_of(failure);
    // Once the final head is out, only a cut tells the client that what it has is not whole.
    if (context.head_out || exchange.peer_gone()) {
        exchange.abort();
        co_return;
    }
    co_await answer_problem(context, context.reason, context.detail);
}

}  // namespace

net::Task<void> forward(Context& context) {
    Exchange& exchange = *context.exchange;
    UpstreamPool& pool = context.edition->pool(context.upstream);
    context.upstream_counters = &context.edition->series().upstream(context.upstream).of(context.worker->index());
    BodyPiece first;
    first.more = exchange.head().framing.kind == http::BodyKind::none ? More::no : More::yes;
    if (first.more == More::yes && exchange.body_at_hand()) {
        first = co_await exchange.read_body();
        if (!first.ok()) context.failure = Failure{Stage::send, Side::client, Retry::no, first.error, first.failure};
    }
    const bool repeatable = first.more == More::no && is_idempotent(exchange.head().method);
    Tries tries(context, pool, repeatable ? Repeatable::yes : Repeatable::no);
    while (!context.failure.failed()) {
        std::unique_ptr<H1Client> client = tries.take_kept();
        if (client == nullptr) {
            const UpstreamPool::Wish wish = tries.wish();
            UpstreamPool::Opened opened = co_await pool.open(wish);
            client = tries.take_opened(std::move(opened));
        }
        if (client != nullptr) {
            Endpoint& endpoint = client->endpoint();
            context.upstream_endpoint = endpoint.text;
            write_request_head(context, pool.upstream(), endpoint.definition);
            context.failure = co_await attempt(context, *client, first);
            if (!context.failure.failed()) {
                if (context.status == kSwitched) co_await carry_tunnel(context, *client);
                if (context.failure.failed()) break;
                if (!expected_in_vain(exchange, *client)) pool.give_back(std::move(client));
                co_return;
            }
            tries.note_failure(endpoint);
        }
        if (!tries.again()) break;
    }
    co_await report(context);
}

}  // namespace corsd::proxy
