// What comes out of bytes must not depend on the pieces in which they come.
#pragma once

#include <algorithm>

#include "http/feeding.hpp"
#include "input.hpp"

namespace corsd::fuzz {

/// Requires that `read` makes the same of `raw` in one piece, in two (cut where `chosen` says), and byte by byte.
template <class Read>
void require_same_however_it_arrives(std::string_view raw, unsigned chosen, Read read) {
    using namespace http::feeding;
    const std::string whole = read(raw, Cuts{raw.size()});
    std::vector<Cuts> ways;
    if (!raw.empty()) ways.push_back({(chosen * 31) % raw.size(), raw.size()});
    if (!raw.empty() && raw.size() <= 4096) ways.push_back(byte_by_byte(raw.size()));
    for (const Cuts& cuts : ways) {
        const std::string other = read(raw, cuts);
        require(other == whole, "the same however it arrives", whole + "\n" + other);
    }
}

}  // namespace corsd::fuzz
