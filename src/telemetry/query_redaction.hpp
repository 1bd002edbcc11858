// Secrets in query strings do not belong in a log.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace corsd::telemetry {

/// The most bytes that redact_query makes of `size` bytes.
[[nodiscard]] constexpr std::size_t redacted_bound(std::size_t size) noexcept {
    return 5 * size + 16;
}

/// True when the query of `target` holds a value that redact_query would replace.
[[nodiscard]] bool needs_redaction(std::string_view target, std::span<const std::string> names) noexcept;

/// Replaces in `out` (cleared first) the values of query parameters called one of `names` (lower-case) by REDACTED.
/// Names are compared after percent-decoding, in any case, and without an index (`token[]`, `token%5B0%5D`). A value
/// ends at `&` only; a name also starts after `;`, which some servers take as a separator: what might be a secret is
/// hidden in both readings. Does not allocate when `out` has redacted_bound(target.size()) reserved.
void redact_query(std::string& out, std::string_view target, std::span<const std::string> names);

}  // namespace corsd::telemetry
