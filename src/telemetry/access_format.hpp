// One request as one line: JSON (RFC 8259) or text. No allocation, no bounds check per byte: the caller reserves
// bound().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/access_entry.hpp"
#include "telemetry/output.hpp"
#include "telemetry/timestamp.hpp"

namespace corsd::telemetry {

enum class AccessState { enabled, disabled };
/// refused: every request with a reason (report-only's would_refuse included); errors: status 5xx, or none at all.
enum class AccessFilter { all, refused, errors };

struct AccessSettings {
    AccessState state = AccessState::enabled;
    AccessFilter only = AccessFilter::all;
    std::vector<std::string> redact_query = {"token", "access_token"};  // names, any case
    LineFormat format = LineFormat::automatic;
    std::string output = "stderr";  // stderr | stdout | a path
};

/// Formats lines for one worker (it caches the second of the last line). Values are cut: a target after 8 KiB,
/// everything else after 512 bytes, so that a line stays below kMaxLine whatever comes from outside.
class AccessFormatter {
  public:
    static constexpr std::size_t kMaxTarget = 8192;
    static constexpr std::size_t kMaxValue = 512;
    static constexpr std::size_t kMaxLine = 6 * (kMaxTarget + 12 * kMaxValue) + 1024;

    /// `format` is json or text, resolved already.
    AccessFormatter(const AccessSettings& settings, LineFormat format);

    /// False when the settings leave this request out.
    [[nodiscard]] bool wants(const AccessEntry& entry) const noexcept;
    /// More than the line can take, and at most kMaxLine.
    [[nodiscard]] static std::size_t bound(const AccessEntry& entry) noexcept;
    /// Writes the line with its newline at `out`, where bound(entry) bytes are free, and returns its end.
    [[nodiscard]] char* format(char* out, const AccessEntry& entry) noexcept;

  private:
    [[nodiscard]] char* format_json(char* out, const AccessEntry& entry) noexcept;
    [[nodiscard]] char* format_text(char* out, const AccessEntry& entry) noexcept;
    [[nodiscard]] std::string_view redacted(std::string_view target) noexcept;

    AccessFilter only_;
    LineFormat format_;
    std::vector<std::string> redact_;  // lower-case
    Timestamp timestamp_;
    std::string target_;  // reserved once, for targets with something to redact
};

}  // namespace corsd::telemetry
