// OriginPattern::parse (C3), and that a set of one pattern admits what the pattern does (N8 to N11).
#include "cors/origin_pattern.hpp"

#include "cors/origin_set.hpp"
#include "input.hpp"

using namespace corsd;
using Kind = cors::OriginPattern::Kind;

namespace {

void compare(const cors::OriginPattern& pattern, const cors::OriginSet& set, const std::string& text) {
    const auto origin = cors::parse_origin(text);
    if (!origin) return;
    fuzz::require(pattern.matches(*origin) == set.admits(*origin), "a set of one admits what its pattern does", text);
}

void broken_text(const cors::OriginPatternError& error, std::string_view text) {
    fuzz::require(!error.message.empty(), "an error has a message");
    fuzz::require(error.offset <= text.size(), "an error is inside the text");
    fuzz::require(!cors::to_string(error.code).empty(), "an error has a name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string value{fuzz::text(data, size)};
    const auto parsed = cors::OriginPattern::parse(value);
    if (const auto* error = std::get_if<cors::OriginPatternError>(&parsed)) {
        broken_text(*error, value);
        return 0;
    }
    const auto& pattern = std::get<cors::OriginPattern>(parsed);
    fuzz::require(pattern.text() == value, "a pattern is as written");
    static_cast<void>(pattern.admits_any_host());
    const cors::OriginSet set{{pattern}};
    const std::string port = pattern.port() == 0 ? "" : ":" + std::to_string(pattern.port());
    const std::string origin = pattern.scheme() + "://" + pattern.host() + port;
    const std::string below = pattern.scheme() + "://a." + pattern.host() + port;
    const std::string anywhere = pattern.scheme() + "://" + pattern.host() + ":4711";
    const std::string other_scheme = pattern.scheme() == "http" ? "https://" : "http://";
    for (const std::string& text :
         {origin, other_scheme + pattern.host() + port, other_scheme + pattern.host() + ":4711",
          other_scheme + "a." + pattern.host() + port, below, anywhere, below + ".", origin + ".evil.example", value,
          std::string{"https://evil.example"}, pattern.scheme() + "://x" + pattern.host() + port}) {
        compare(pattern, set, text);
    }
    const auto matches = [&](const std::string& text) {
        const auto found = cors::parse_origin(text);
        return found && pattern.matches(*found);
    };
    switch (pattern.kind()) {
        case Kind::exact:
            fuzz::require(matches(origin) && origin == value && !matches(below), "exact");
            break;
        case Kind::any_port:
            fuzz::require(matches(origin) && !matches(below), "any port");
            break;
        case Kind::subdomains:
        case Kind::subdomains_any_port:
            fuzz::require(!matches(origin), "a wildcard never matches the apex");
            fuzz::require(matches(below) || !cors::parse_origin(below), "a wildcard matches what is below it");
            break;
        case Kind::any:
        case Kind::null:
        case Kind::regex:
            break;
    }
    return 0;
}
