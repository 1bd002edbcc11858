// ChunkedDecoder: however the bytes arrive, the same comes out; what ChunkFrame frames decodes to what it was.
#include "arriving.hpp"
#include "input.hpp"

using namespace corsd;
using namespace corsd::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view raw = fuzz::text(data, size);
    const unsigned chosen = fuzz::choice(raw);
    const HeadLimits limits{512, 8, 64};
    fuzz::require_same_however_it_arrives(raw, chosen, [&](std::string_view bytes, const feeding::Cuts& cuts) {
        return feeding::decode_chunks(bytes, cuts, limits);
    });

    std::string framed;
    for (const auto& part : {BodyPart{raw, BodyPart::Place::inside, {}}, BodyPart{{}, BodyPart::Place::last, {}}}) {
        ChunkFrame frame;
        for (const std::string_view piece : frame.frame(part))
            framed += piece;
    }
    ChunkedDecoder decoder{limits};
    const std::size_t all = framed.size();
    const auto step = decoder.decode(framed.data(), all);
    fuzz::require(step.progress == Progress::complete && step.consumed == all && framed.substr(0, step.payload) == raw,
                  "what was framed comes back");
    return 0;
}
