// canonical_path (N48): one spelling, which is its own canonical form, and nothing in it that another reader resolves.
#include "route/path.hpp"

#include <array>

#include "input.hpp"
#include "route/path_pattern.hpp"

using namespace corsd;

namespace {

std::string lower(std::string_view text) {
    std::string made{text};
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return made;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view raw = fuzz::text(data, size);
    const unsigned chosen = fuzz::choice(raw);
    route::PathRules rules;
    rules.encoded_slash = chosen & 1 ? route::EncodedSlash::keep : route::EncodedSlash::refuse;
    rules.double_slashes = std::array{route::DoubleSlashes::keep, route::DoubleSlashes::merge,
                                      route::DoubleSlashes::refuse}[(chosen >> 1) % 3];
    rules.parameters = chosen & 8 ? route::PathParameters::refuse : route::PathParameters::keep;

    std::string storage, second;
    std::string_view path, again;
    const auto problem = route::canonical_path(raw, rules, storage, path);
    fuzz::require(problem == route::PathProblem::none || !route::describe(problem).empty(), "a problem has a sentence");
    if (problem != route::PathProblem::none) return 0;
    const std::string found{path}, small = lower(path);
    fuzz::require(!found.empty() && found.front() == '/', "a path is absolute", found);
    fuzz::require(found.size() <= raw.size() + 1, "a path does not grow", found);
    const std::string closed = found + "/";
    fuzz::require(!contains(closed, "/../") && !contains(closed, "/./"), "no dot segments are left", found);
    fuzz::require(
        !contains(small, "%2e") && !contains(small, "%00") && !contains(small, "%5c") && !contains(found, "\\"),
        "nothing is left that another reader decodes", found);
    if (rules.encoded_slash == route::EncodedSlash::refuse)
        fuzz::require(!contains(small, "%2f"), "encoded slash", found);
    if (rules.double_slashes != route::DoubleSlashes::keep)
        fuzz::require(!contains(found, "//"), "double slash", found);
    if (rules.parameters == route::PathParameters::refuse) {
        fuzz::require(!contains(small, "%3b") && !contains(found, ";"), "parameters", found);
    }
    fuzz::require(route::canonical_path(found, rules, second, again) == route::PathProblem::none && again == found,
                  "a canonical path is its own canonical form", std::string{again});

    const auto parsed = route::PathPattern::parse(raw);
    if (const auto* pattern = std::get_if<route::PathPattern>(&parsed)) {
        if (pattern->kind() == route::PathPattern::Kind::exact) {
            fuzz::require(pattern->matches(raw), "an exact pattern matches itself");
        }
        static_cast<void>(pattern->matches(found));
    }
    return 0;
}
