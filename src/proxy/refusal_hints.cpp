#include "proxy/refusal_hints.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <string_view>

#include "cors/near_miss.hpp"
#include "proxy/refusal.hpp"
#include "telemetry/log.hpp"

namespace corsd::proxy {

namespace {

std::uint64_t key_of(const Context& context) noexcept {
    const cors::Verdict& verdict = context.verdict;
    std::uint64_t key = static_cast<std::uint64_t>(verdict.reason) + 1;
    const auto mix = [&](std::uint64_t value) { key = (key ^ value) * 0x9e3779b97f4a7c15U; };
    mix(context.first_policy);
    for (const std::string_view line : context.question.origin)
        mix(std::hash<std::string_view>{}(line));
    mix(std::hash<std::string_view>{}(verdict.culprit));
    return key;
}

std::string at_line(const Inquiry& inquiry) {
    return "(line " + std::to_string(inquiry.verdict.rule.line) + ")";
}

std::optional<std::string> origin_hint(const Inquiry& inquiry, const cors::OriginSet& origins, const char* key) {
    const std::string origin{inquiry.question.origin.front()};
    const auto near = cors::near_miss(origins, origin);
    if (!near) return std::nullopt;
    std::string text = refused_origin(inquiry) + ": " + key + " " + at_line(inquiry) + " has " + near->pattern +
                       ", but the page has " + near->difference;
    if (!near->remedy.empty()) text += " (" + near->remedy + ")";
    return text + "; to allow it, add " + origin + " to " + key;
}

}  // namespace

std::optional<std::string> hint_for(const Inquiry& inquiry) {
    const cors::Verdict& verdict = inquiry.verdict;
    const cors::PolicySource& source = verdict.policy->source();
    switch (verdict.reason) {
        case Reason::origin_not_allowed:
            return origin_hint(inquiry, source.origins, "origins");
        case Reason::websocket_origin:
            if (inquiry.question.origin.empty()) return std::nullopt;
            return origin_hint(inquiry, source.websocket_origins, "websocket_origins");
        case Reason::origin_null:
        case Reason::method_not_allowed:
        case Reason::header_not_allowed:
            return refusal_detail(inquiry) + " " + at_line(inquiry);
        default:
            return std::nullopt;
    }
}

bool RefusalHints::was_told(std::uint64_t key) const noexcept {
    const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(told_);
    return std::find(keys_.begin(), end, key) != end;
}

void RefusalHints::look(const Context& context) {
    const std::uint64_t key = key_of(context);
    if (was_told(key)) return;
    if (context.start - second_ >= std::chrono::seconds(1)) {
        second_ = context.start;
        looks_ = 0;
    }
    if (looks_ == kMostLooks) return;
    ++looks_;
    const std::optional<std::string> hint = hint_for(context);
    if (!hint) return;
    keys_[told_++] = key;
    telemetry::log_write(telemetry::Level::warn, *hint);
}

void RefusalHints::consider(const Context& context) noexcept {
    if (told_ == kMostLines || !telemetry::log_enabled(telemetry::Level::warn)) return;
    try {
        look(context);
    } catch (const std::bad_alloc&) {
        // Not told for want of memory; the refusal stands, and is in the access log.
    }
}

}  // namespace corsd::proxy
