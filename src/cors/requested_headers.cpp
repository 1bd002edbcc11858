#include "cors/requested_headers.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

constexpr std::size_t kMaxEmptyElements = 16;  // N25

struct Walk {
    const Policy& policy;
    Scratch& scratch;
    RequestedHeaders result;
    std::size_t empty = 0, kept = 0, lower_used = 0;

    void element(std::string_view name) noexcept;
    void line(std::string_view value) noexcept;
    [[nodiscard]] std::string_view join() noexcept;
};

void Walk::element(std::string_view name) noexcept {
    if (name.empty()) {
        if (++empty > kMaxEmptyElements) result.reason = Reason::headers_too_many;
        return;
    }
    if (++result.requested > Scratch::kMaxNames) {
        result.reason = Reason::headers_too_many;
        return;
    }
    if (!ascii::is_token(name) || !policy.source().allow_headers.allows(name)) {
        if (result.reason == Reason::none) {
            result.reason = Reason::header_not_allowed;
            result.culprit = name;
        }
        return;
    }
    char* const start = scratch.lower.data() + lower_used;
    std::transform(name.begin(), name.end(), start, ascii::to_lower);
    lower_used += name.size();
    scratch.names[kept++] = {start, name.size()};
}

void Walk::line(std::string_view value) noexcept {
    for (;;) {
        const std::size_t comma = value.find(',');
        element(ascii::trim_ows(value.substr(0, comma)));
        if (comma == std::string_view::npos || result.reason == Reason::headers_too_many) return;
        value.remove_prefix(comma + 1);
    }
}

// N17: sorted and de-duplicated, so that the answer depends on the set of names asked for and on nothing else.
std::string_view Walk::join() noexcept {
    const auto begin = scratch.names.begin();
    auto end = begin + static_cast<std::ptrdiff_t>(kept);
    std::sort(begin, end);
    end = std::unique(begin, end);
    char* out = scratch.text.data();
    for (auto name = begin; name != end; ++name) {
        if (name != begin) {
            *out++ = ',';
            *out++ = ' ';
        }
        out = std::copy(name->begin(), name->end(), out);
    }
    return {scratch.text.data(), static_cast<std::size_t>(out - scratch.text.data())};
}

}  // namespace

RequestedHeaders judge_requested_headers(const Policy& policy, const Question::Lines& lines,
                                         Scratch& scratch) noexcept {
    std::size_t bytes = lines.empty() ? 0 : lines.size() - 1;  // the commas that join the lines
    bool blank = lines.size() < 2;
    for (const std::string_view value : lines) {
        bytes += value.size();
        blank = blank && ascii::trim_ows(value).empty();
    }
    if (blank) return {};
    Walk walk{policy, scratch, {}};
    if (bytes > Scratch::kMaxLineBytes) {
        walk.result.reason = Reason::headers_too_many;
        return walk.result;
    }
    for (const std::string_view value : lines) {
        walk.line(value);
        if (walk.result.reason == Reason::headers_too_many) {
            walk.result.culprit = {};
            return walk.result;
        }
    }
    if (walk.result.requested == 0) return walk.result;
    const HeaderSet& allowed = policy.source().allow_headers;
    if (allowed.any() && !policy.with_credentials()) {
        // Fetch: "*" covers every name but Authorization, and only without credentials.
        walk.result.allowed = allowed.names_authorization() ? "*, authorization" : "*";
    } else {
        walk.result.allowed = walk.join();
    }
    return walk.result;
}

}  // namespace corsd::cors
