// RequestReader: however the bytes arrive, the same comes out; what comes out is bounded and has no control bytes.
#include <algorithm>
#include <array>

#include "arriving.hpp"
#include "base/ascii.hpp"
#include "http/target.hpp"
#include "input.hpp"

using namespace corsd;
using namespace corsd::http;

namespace {

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return !ascii::is_control(c) || c == '\t'; });
}

void check(const RequestHead& head, const HeadLimits& limits) {
    fuzz::require(ascii::is_token(head.method), "a method is a token");
    fuzz::require(printable(head.target) && head.target.find(' ') == std::string_view::npos,
                  "a target has no controls");
    fuzz::require(head.bytes <= limits.head_bytes && head.fields.size() <= limits.fields, "limits hold");
    std::size_t lengths = 0, codings = 0, hosts = 0;
    for (const Field& field : head.fields) {
        fuzz::require(ascii::is_token(field.name) && printable(field.value), "a field has no controls");
        fuzz::require(ascii::trim_ows(field.value) == field.value, "a value is trimmed");
        lengths += field.id == FieldId::content_length;
        codings += field.id == FieldId::transfer_encoding;
        hosts += field.id == FieldId::host;
    }
    fuzz::require(lengths <= 1 && codings <= 1 && lengths + codings <= 1 && hosts <= 1,
                  "there is one framing and one host");
    fuzz::require((head.framing.kind == BodyKind::chunked) == (codings == 1), "chunked is what was said");
    fuzz::require(head.framing.kind != BodyKind::until_close, "a request has an end");
    Target target;
    ParseFailure failure;
    if (!split_target(head, target, failure)) {
        fuzz::require(failure.reason != Reason::none, "a refusal has a reason");
    } else if (target.form != TargetForm::asterisk) {
        fuzz::require(!target.path.empty() && target.path.front() == '/', "a path is absolute");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view raw = fuzz::text(data, size);
    const unsigned chosen = fuzz::choice(raw);
    feeding::RequestSetting setting;
    setting.limits = {2048, 20, 256};
    setting.underscores = std::array{Underscores::drop, Underscores::keep, Underscores::reject}[chosen % 3];
    fuzz::require_same_however_it_arrives(raw, chosen, [&](std::string_view bytes, const feeding::Cuts& cuts) {
        return feeding::read_request(bytes, cuts, setting);
    });
    RequestReader reader{setting.limits, setting.underscores};
    if (reader.feed(raw) == Progress::complete) check(reader.head(), setting.limits);
    return 0;
}
