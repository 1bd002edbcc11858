// parse_origin (N7, N8): what parses is spelled in exactly one way, and its parts are the whole.
#include "cors/origin.hpp"

#include "cors/origin_pattern.hpp"
#include "input.hpp"

using namespace corsd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string value{fuzz::text(data, size)};
    const auto origin = cors::parse_origin(value);
    if (!origin) return 0;
    std::string again = std::string{origin->scheme} + "://" + std::string{origin->host};
    if (origin->port != 0) again += ":" + std::to_string(origin->port);
    fuzz::require(again == value && origin->text == value, "an origin is its scheme, host and port", again);
    fuzz::require(value.size() <= cors::kMaxOriginBytes, "an origin is bounded");
    fuzz::require(origin->port == 0 || origin->port != cors::default_port(origin->scheme),
                  "a default port is never written");
    const auto host = cors::check_host(origin->host);
    fuzz::require(host.problem == cors::HostProblem::none && host.kind == origin->kind, "its host is a good one");
    for (const char c : value) {
        fuzz::require(c > ' ' && c < 0x7f && (c < 'A' || c > 'Z'), "an origin is lower-case ASCII");
    }

    const auto parsed = cors::OriginPattern::parse(value);
    if (const auto* pattern = std::get_if<cors::OriginPattern>(&parsed)) {
        fuzz::require(pattern->kind() == cors::OriginPattern::Kind::exact, "an origin is an exact pattern");
        fuzz::require(pattern->matches(*origin), "an exact pattern matches itself");
        const std::string other = value + "0";
        const auto near = cors::parse_origin(other);
        fuzz::require(!near || !pattern->matches(*near), "an exact pattern matches nothing else", other);
    }
    return 0;
}
