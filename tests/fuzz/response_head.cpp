// ResponseReader: however the bytes arrive, the same comes out; what comes out is bounded and has no control bytes.
#include <algorithm>

#include "arriving.hpp"
#include "base/ascii.hpp"
#include "input.hpp"

using namespace corsd;
using namespace corsd::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view raw = fuzz::text(data, size);
    const unsigned chosen = fuzz::choice(raw);
    const auto method = chosen & 1 ? AnsweredMethod::head : AnsweredMethod::other;
    fuzz::require_same_however_it_arrives(raw, chosen, [&](std::string_view bytes, const feeding::Cuts& cuts) {
        return feeding::read_response(bytes, cuts, method);
    });
    ResponseReader reader{HeadLimits{}};
    reader.reset(method);
    const auto progress = reader.feed(raw);
    if (progress == Progress::failed) {
        fuzz::require(reader.failure().reason == Reason::upstream_invalid, "every failure is upstream_invalid");
    }
    if (progress != Progress::complete) return 0;
    const ResponseHead& head = reader.head();
    fuzz::require(head.status >= 100 && head.status <= 999, "a status has three digits");
    const bool bodiless =
        method == AnsweredMethod::head || head.status < 200 || head.status == 204 || head.status == 304;
    fuzz::require(!bodiless || head.framing.kind == BodyKind::none, "no body where there cannot be one");
    for (const Field& field : head.fields) {
        fuzz::require(ascii::is_token(field.name), "a name is a token");
        fuzz::require(std::none_of(field.value.begin(), field.value.end(),
                                   [](char c) { return c == '\r' || c == '\n' || c == '\0'; }),
                      "a value is one line");
    }
    return 0;
}
