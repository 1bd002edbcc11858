// The decision (policy engine): Fetch's server side of the CORS protocol, in Fetch's order.
#pragma once

#include "cors/question.hpp"
#include "cors/verdict.hpp"

namespace corsd::cors {

/// Judges a request by the resource that governs its path. Pure: no I/O, no clock, never throws, allocates nothing
/// outside RE2. Any thread; `scratch` belongs to the caller and is overwritten by the next call. Origin repeated (N6)
/// and N24's forbidden methods in ACRM are decided here; CONNECT, TRACE and TRACK as the request's own method are
/// refused earlier (501), as are unknown hosts and ambiguous paths.
[[nodiscard]] Verdict decide(const Governed& governed, const Question& question, Scratch& scratch) noexcept;

/// N30's report-only comparison: with the upstream's own answer headers, would a browser let the page read the
/// response?
struct UpstreamGrant {
    std::string_view allow_origin;  // the only ACAO line; empty when there is none
    std::size_t allow_origin_lines = 0;
    std::string_view allow_credentials;  // the only ACAC line
};
enum class Credentials : std::uint8_t { omitted, included };
[[nodiscard]] bool readable(const UpstreamGrant& grant, std::string_view origin, Credentials credentials) noexcept;

}  // namespace corsd::cors
