#include "telemetry/access_format.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/ascii.hpp"
#include "base/json_text.hpp"
#include "telemetry/plain_text.hpp"
#include "telemetry/query_redaction.hpp"

namespace corsd::telemetry {

namespace {

constexpr std::size_t kLongestNumber = 20;

std::string_view cut(std::string_view value, std::size_t limit) noexcept {
    return value.substr(0, limit);
}

/// Keys are literals, so that copying one is a few moves of known size and no call.
template <std::size_t kSize>
char* put(char* out, const char (&literal)[kSize]) noexcept {
    std::memcpy(out, literal, kSize - 1);
    return out + (kSize - 1);
}

char* put_number(char* out, std::uint64_t number) noexcept {
    return std::to_chars(out, out + kLongestNumber, number).ptr;
}

/// `key` is the whole of what stands before the value, such as `,"host":`.
template <std::size_t kSize>
char* json_value(char* out, const char (&key)[kSize], std::string_view value) noexcept {
    if (value.empty()) return out;
    return write_json_string(put(out, key), cut(value, AccessFormatter::kMaxValue));
}

template <std::size_t kSize>
char* number_value(char* out, const char (&key)[kSize], std::uint64_t value) noexcept {
    return value == 0 ? out : put_number(put(out, key), value);
}

template <std::size_t kSize>
char* text_value(char* out, const char (&key)[kSize], std::string_view value) noexcept {
    if (value.empty()) return out;
    return write_word(put(out, key), cut(value, AccessFormatter::kMaxValue));
}

char* text_or_dash(char* out, std::string_view value) noexcept {
    *out++ = ' ';
    if (!value.empty()) return write_word(out, value);
    *out++ = '-';
    return out;
}

}  // namespace

AccessFormatter::AccessFormatter(const AccessSettings& settings, LineFormat format)
    : only_(settings.only), format_(format) {
    for (const std::string& name : settings.redact_query) {
        if (name.empty()) continue;
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(), ascii::to_lower);
        redact_.push_back(std::move(lower));
    }
    if (!redact_.empty()) target_.reserve(redacted_bound(kMaxTarget));
}

bool AccessFormatter::wants(const AccessEntry& entry) const noexcept {
    switch (only_) {
        case AccessFilter::refused:
            return !entry.reason.empty();
        case AccessFilter::errors:
            return entry.status == 0 || entry.status >= 500;
        case AccessFilter::all:
            break;
    }
    return true;
}

std::size_t AccessFormatter::bound(const AccessEntry& entry) noexcept {
    // Keys, punctuation and eight numbers take less than 600 bytes; what is left covers stores that run past a value's
    // end.
    constexpr std::size_t kFixed = 1024;
    std::size_t bytes = std::min(entry.target.size(), kMaxTarget);
    for (const std::string_view value :
         {entry.client, entry.method, entry.host, entry.protocol, entry.origin, entry.site, entry.resource,
          entry.decision, entry.reason, entry.detail, entry.upstream, entry.readable}) {
        bytes += std::min(value.size(), kMaxValue);
    }
    return 6 * bytes + kFixed;
}

std::string_view AccessFormatter::redacted(std::string_view target) noexcept {
    target = cut(target, kMaxTarget);
    if (!needs_redaction(target, redact_)) return target;
    redact_query(target_, target, redact_);  // within the reserved bytes: cannot throw
    return target_;
}

char* AccessFormatter::format(char* out, const AccessEntry& entry) noexcept {
    return format_ == LineFormat::text ? format_text(out, entry) : format_json(out, entry);
}

char* AccessFormatter::format_json(char* out, const AccessEntry& entry) noexcept {
    out = timestamp_.write(put(out, R"({"time":")"), entry.start);
    *out++ = '"';
    out = json_value(out, R"(,"client":)", entry.client);
    out = json_value(out, R"(,"method":)", entry.method);
    out = json_value(out, R"(,"host":)", entry.host);
    if (!entry.target.empty()) out = write_json_string(put(out, R"(,"target":)"), redacted(entry.target));
    out = json_value(out, R"(,"protocol":)", entry.protocol);
    out = put_number(put(out, R"(,"status":)"), entry.status);
    out = json_value(out, R"(,"decision":)", entry.decision);
    out = json_value(out, R"(,"reason":)", entry.reason);
    out = json_value(out, R"(,"detail":)", entry.detail);
    out = json_value(out, R"(,"origin":)", entry.origin);
    out = json_value(out, R"(,"site":)", entry.site);
    out = json_value(out, R"(,"resource":)", entry.resource);
    out = number_value(out, R"(,"line":)", entry.line);
    out = json_value(out, R"(,"readable":)", entry.readable);
    out = json_value(out, R"(,"upstream":)", entry.upstream);
    out = number_value(out, R"(,"upstream_status":)", entry.upstream_status);
    out = number_value(out, R"(,"bytes_in":)", entry.bytes_in);
    out = put_number(put(out, R"(,"bytes_out":)"), entry.bytes_out);
    out = put_number(put(out, R"(,"duration_us":)"), entry.duration_us);
    out = number_value(out, R"(,"upstream_us":)", entry.upstream_us);
    return put(out, "}\n");
}

char* AccessFormatter::format_text(char* out, const AccessEntry& entry) noexcept {
    out = timestamp_.write(out, entry.start);
    out = text_or_dash(out, cut(entry.client, kMaxValue));
    out = text_or_dash(out, cut(entry.method, kMaxValue));
    out = text_or_dash(out, redacted(entry.target));
    *out++ = ' ';
    out = put_number(out, entry.status);
    out = text_value(out, " decision=", entry.decision);
    out = text_value(out, " reason=", entry.reason);
    out = text_value(out, " detail=", entry.detail);
    out = text_value(out, " origin=", entry.origin);
    out = text_value(out, " host=", entry.host);
    out = text_value(out, " protocol=", entry.protocol);
    out = text_value(out, " site=", entry.site);
    out = text_value(out, " resource=", entry.resource);
    out = number_value(out, " line=", entry.line);
    out = text_value(out, " readable=", entry.readable);
    out = text_value(out, " upstream=", entry.upstream);
    out = number_value(out, " upstream_status=", entry.upstream_status);
    out = number_value(out, " bytes_in=", entry.bytes_in);
    out = put_number(put(out, " bytes_out="), entry.bytes_out);
    out = put_number(put(out, " duration_us="), entry.duration_us);
    out = number_value(out, " upstream_us=", entry.upstream_us);
    *out++ = '\n';
    return out;
}

}  // namespace corsd::telemetry
