// Step 1 of the story: which resource of which site governs the request, and the question that its policy is asked.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.hpp"
#include "proxy/inquiry.hpp"

namespace corsd::proxy {

/// A request as it comes in. What it refers to must outlive the inquiry.
struct Arrived {
    const http::RequestHead& head;
    const std::array<std::uint8_t, 16>& peer;  // IPv4 mapped; zero for Unix sockets
    std::string_view via_name;                 // our own in Via
};

/// Fills the routing part of the inquiry. A failure (bad_request, unknown_host, path_ambiguous, loop_detected) says why
/// there is no resource; its detail may be in `detail`, which then outlives the answer.
[[nodiscard]] http::ParseFailure route_request(Inquiry& inquiry, const config::Snapshot& snapshot,
                                               const Arrived& arrived, std::string& detail);

/// Adds what the request's fields ask to a question that has its own origin already (after route_request).
void ask(cors::Question& question, const http::RequestHead& head);

}  // namespace corsd::proxy
