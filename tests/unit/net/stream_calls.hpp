// One operation of a stream, run to its end.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "loop_bed.hpp"
#include "net/stream.hpp"

namespace corsd::tests {

using net::Disturbance;
using net::IoResult;
using net::Stream;
using net::StreamObserver;
using std::chrono::milliseconds;

struct Observer final : StreamObserver {
    void disturbed(Disturbance what) noexcept override {
        seen.push_back(what);
        if (destroys != nullptr) *destroys = Stream{};
    }
    std::vector<Disturbance> seen;
    Stream* destroys = nullptr;
};

/// Posts a read into `space` and gives its result.
inline IoResult read(LoopBed& bed, Stream& stream, std::span<char> space, milliseconds within = milliseconds{0}) {
    std::optional<IoResult> result;
    stream.start_read(space, within);
    spawn(take_read(stream, result), no_escape);
    bed.run_until([&] { return result.has_value(); });
    return *result;
}

inline IoResult wait(LoopBed& bed, Stream& stream) {
    std::optional<IoResult> result;
    stream.start_wait(milliseconds{0});
    spawn(take_read(stream, result), no_escape);
    bed.run_until([&] { return result.has_value(); });
    return *result;
}

inline IoResult write(LoopBed& bed, Stream& stream, std::string_view bytes) {
    std::optional<IoResult> result;
    const std::array<std::string_view, 1> pieces{bytes};
    spawn(take_write(stream.write_all(pieces, milliseconds{0}), result), no_escape);
    bed.run_until([&] { return result.has_value(); });
    return *result;
}

}  // namespace corsd::tests
