// ChunkedDecoder: however the bytes arrive, the same comes out; what ChunkFrame frames decodes to what it was.
#include "http/feeding.hpp"
#include "input.hpp"

using namespace corsd;
using namespace corsd::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view raw = fuzz::text(data, size);
    const unsigned chosen = fuzz::choice(raw);
    const HeadLimits limits{512, 8, 64};
    const std::string whole = feeding::decode_chunks(raw, {raw.size()}, limits);
    const std::size_t cut = raw.empty() ? 0 : (chosen * 31) % raw.size();
    for (const auto& cuts : {feeding::Cuts{cut, raw.size()}, feeding::byte_by_byte(raw.size())}) {
        if (cuts.empty()) continue;
        const std::string other = feeding::decode_chunks(raw, cuts, limits);
        fuzz::require(other == whole, "the same however it arrives", whole + "\n" + other);
    }

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
