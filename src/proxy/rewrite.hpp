// Steps 5 and 7 of the story: what changes in a head on its way through.
#pragma once

#include "http/head.hpp"
#include "proxy/context.hpp"

namespace corsd::proxy {

/// Writes the request head for the upstream into context.head_text: re-serialised from what was understood, hop-by-hop
/// fields out, forwarding fields in, one framing. An offer to switch protocols is made anew and noted in
/// context.upgrade. `endpoint`, of the upstream's, is the authority used when Host is not passed on.
void write_request_head(Context& context, const config::UpstreamDefinition& upstream, std::size_t endpoint);

/// Prepares the final answer of an upstream for the client: its CORS headers replaced, Vary merged, grants added (N27
/// to N29, N35 to N38, N46). `out` views into the context, the verdict and `head`.
void rewrite_answer(Context& context, const http::ResponseHead& head, AnswerHead& out);

/// The same for an interim answer (1xx): its CORS headers go, nothing is added.
void rewrite_interim(Context& context, const http::ResponseHead& head, AnswerHead& out);

/// The head of a 101 for the client; nothing is granted (N43). False: it switches to a protocol that was not offered.
[[nodiscard]] bool rewrite_switch(Context& context, const http::ResponseHead& head, AnswerHead& out);

}  // namespace corsd::proxy
