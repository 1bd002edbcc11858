// Feeds the readers in pieces and describes what came out, so that two ways of cutting the same bytes can be compared
// as text.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/reason.hpp"
#include "http/chunked.hpp"
#include "http/h1_reader.hpp"

namespace corsd::http::feeding {

/// Ends (exclusive) of the pieces in which a message arrives.
using Cuts = std::vector<std::size_t>;

inline Cuts byte_by_byte(std::size_t size) {
    Cuts cuts;
    for (std::size_t end = 1; end <= size; ++end)
        cuts.push_back(end);
    return cuts;
}

inline std::string describe(const Framing& framing) {
    switch (framing.kind) {
        case BodyKind::none:
            return "no body";
        case BodyKind::length:
            return "length " + std::to_string(framing.length);
        case BodyKind::chunked:
            return "chunked";
        case BodyKind::until_close:
            return "until close";
    }
    return "?";
}

inline std::string describe(const std::vector<Field>& fields) {
    std::string text;
    for (const auto& field : fields) {
        text += " [";
        text += field.name;
        text += "=" + std::string{field.value} + "#" + std::to_string(static_cast<int>(field.id));
        text += field.form == LineForm::canonical ? "]" : "~]";
    }
    return text;
}

inline std::string describe(const RequestHead& head) {
    return std::string{head.method} + " " + std::string{head.target} + " 1." + std::to_string(head.minor) +
           " host=" + std::string{head.host} + ", " + describe(head.framing) +
           (head.persistence == Persistence::keep ? ", keep" : ", close") +
           (head.expectation == Expectation::continue_100 ? ", continue" : "") + ", " + std::to_string(head.bytes) +
           " bytes" + describe(head.fields);
}

inline std::string describe(const ResponseHead& head) {
    return std::to_string(head.status) + " '" + std::string{head.reason_phrase} + "' 1." + std::to_string(head.minor) +
           ", " + describe(head.framing) + (head.persistence == Persistence::keep ? ", keep" : ", close") + ", " +
           std::to_string(head.bytes) + " bytes" + describe(head.fields);
}

inline std::string describe(const ParseFailure& failure) {
    return "failed " + std::string{corsd::to_string(failure.reason)} + ": " + failure.detail;
}

/// Every piece arrives in memory of its own, exactly as large as what has come: a reader that keeps a stale view or
/// looks too far is caught.
template <typename Reader>
std::string feed(Reader& reader, std::string_view raw, const Cuts& cuts) {
    std::unique_ptr<char[]> memory;
    for (const auto end : cuts) {
        auto next = std::make_unique<char[]>(end);
        std::memcpy(next.get(), raw.data(), end);
        if (memory) std::memset(memory.get(), 'Z', 1);
        memory = std::move(next);
        const auto progress = reader.feed({memory.get(), end});
        if (progress == Progress::failed) return describe(reader.failure());
        if (progress == Progress::complete) return describe(reader.head());
    }
    return "incomplete";
}

struct RequestSetting {
    HeadLimits limits;
    Underscores underscores = Underscores::drop;
};

inline std::string read_request(std::string_view raw, const Cuts& cuts, const RequestSetting& setting = {}) {
    RequestReader reader{setting.limits, setting.underscores};
    return feed(reader, raw, cuts);
}

inline std::string read_response(std::string_view raw, const Cuts& cuts,
                                 AnsweredMethod method = AnsweredMethod::other) {
    ResponseReader reader{HeadLimits{}};
    reader.reset(method);
    return feed(reader, raw, cuts);
}

/// The first way of cutting that gives another outcome than `whole`, or "".
template <typename Read>
std::string first_difference(std::string_view raw, const std::string& whole, Read read) {
    for (std::size_t cut = 1; cut < raw.size(); ++cut) {
        const auto outcome = read(raw, Cuts{cut, raw.size()});
        if (outcome != whole) return "cut at " + std::to_string(cut) + ": " + outcome;
    }
    const auto outcome = read(raw, byte_by_byte(raw.size()));
    return outcome == whole ? "" : "byte by byte: " + outcome;
}

inline std::string decode_chunks(std::string_view raw, const Cuts& cuts, const HeadLimits& limits = {}) {
    ChunkedDecoder decoder{limits};
    std::string body;
    std::size_t begin = 0;
    for (const auto end : cuts) {
        const auto size = end - begin;
        auto memory = std::make_unique<char[]>(size);
        std::memcpy(memory.get(), raw.data() + begin, size);
        const auto step = decoder.decode(memory.get(), size);
        body.append(memory.get(), step.payload);
        if (step.progress == Progress::failed) return "'" + body + "' then " + describe(decoder.failure());
        if (step.progress == Progress::complete) {
            std::string text = "'" + body + "' ends at " + std::to_string(begin + step.consumed);
            for (std::string_view rest = decoder.trailers(); !rest.empty();) {
                const auto colon = rest.find(": "), line = rest.find("\r\n");
                text.append(" [").append(rest.substr(0, colon)).append("=");
                text.append(rest.substr(colon + 2, line - colon - 2)).append("]");
                rest.remove_prefix(line + 2);
            }
            return text;
        }
        if (step.consumed != size) return "left bytes behind";
        begin = end;
    }
    return "'" + body + "' incomplete";
}

}  // namespace corsd::http::feeding
