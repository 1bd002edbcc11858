// What the fuzzer made up, and how a target says that a promise was broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace corsd::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// The lines of a text, without their ends: for values of which a message may have several. A text without any is one
/// empty line.
inline std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> found;
    for (;;) {
        const auto end = text.find('\n');
        found.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return found;
        text.remove_prefix(end + 1);
    }
}

/// Takes the first byte, which then chooses among variants; 0 of an empty text.
inline unsigned choice(std::string_view& text) {
    if (text.empty()) return 0;
    const auto first = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    return first;
}

/// Ends the program, so that libFuzzer keeps the input.
inline void require(bool holds, const char* promise, const std::string& found = {}) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n%s\n", promise, found.c_str());
    std::abort();
}

}  // namespace corsd::fuzz
