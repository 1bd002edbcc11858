// The policy of one resource, effective (inheritance resolved) and ready to be decided upon. Built once when a
// configuration is loaded, immutable afterwards: any number of threads may read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/source_span.hpp"
#include "cors/origin_set.hpp"
#include "cors/token_set.hpp"

namespace corsd::cors {

/// What happens to a request that the policy does not admit (N30).
enum class Mode : std::uint8_t { enforce, headers, report_only };
/// What happens to the upstream's own CORS headers (N35).
enum class UpstreamHeaders : std::uint8_t { replace, keep };
/// Whether a form of another site may navigate here with a POST (N45).
enum class CrossSiteNavigation : std::uint8_t { block, allow };
/// An optional behaviour that is off by default.
enum class Option : std::uint8_t { off, on };

/// What the author of a configuration writes for one resource, or for one entry of it (C7), after inheritance (C1).
struct PolicySource {
    OriginSet origins;
    /// Who may open a WebSocket (N43); `inherit` is resolved already: never "*" and never null.
    OriginSet websocket_origins;
    Option websocket_origin_required = Option::off;
    MethodSet methods;                        // "*" or names, in the file's order
    HeaderSet allow_headers;                  // "*" and/or names
    std::vector<std::string> expose_headers;  // in the file's order; {"*"} for any
    Option credentials = Option::off;
    std::optional<std::chrono::seconds> max_age = std::chrono::minutes{10};  // none: header omitted (N18)
    Mode mode = Mode::enforce;
    CrossSiteNavigation cross_site_navigation = CrossSiteNavigation::block;
    std::uint16_t preflight_status = 204;  // 200 or 204
    UpstreamHeaders upstream_headers = UpstreamHeaders::replace;
    Option merge_expose = Option::off;
    Option minimal_disclosure = Option::off;
    Option devtools_hints = Option::off;
    Option allow_private_network = Option::off;
    Option timing_allow_origin = Option::off;
    Option forward_origin = Option::on;
    SourceSpan span;  // the resource's key, or the entry
    // The values that decide, wherever they were inherited from.
    SourceSpan origins_span, methods_span, allow_headers_span, websocket_origins_span, websocket_required_span;
};

/// A PolicySource with the joined header values that answers copy (N16 to N18, N27) prepared.
class Policy {
  public:
    explicit Policy(PolicySource source);

    [[nodiscard]] const PolicySource& source() const noexcept { return source_; }
    /// "Under `"*"`": the origins are `"*"` without credentials (N14, N29).
    [[nodiscard]] bool open_to_all() const noexcept { return open_to_all_; }
    [[nodiscard]] bool with_credentials() const noexcept { return source_.credentials == Option::on; }
    /// Access-Control-Allow-Methods as N16 wants it for a list; "*" for any method without credentials.
    [[nodiscard]] const std::string& allow_methods_value() const noexcept { return allow_methods_; }
    /// The same with OPTIONS, for a preflight that asks for it: N31 never refuses OPTIONS, and browsers want to see it
    /// named.
    [[nodiscard]] const std::string& allow_methods_options_value() const noexcept { return allow_methods_options_; }
    /// Access-Control-Expose-Headers; empty when nothing is exposed.
    [[nodiscard]] const std::string& expose_headers_value() const noexcept { return expose_headers_; }
    /// Access-Control-Max-Age in seconds; empty when it is omitted (N18).
    [[nodiscard]] const std::string& max_age_value() const noexcept { return max_age_; }

  private:
    PolicySource source_;
    std::string allow_methods_, allow_methods_options_, expose_headers_, max_age_;
    bool open_to_all_ = false;
};

/// What a path pattern governs: one policy for all methods, or several entries with disjoint methods (C7), in file
/// order.
struct Governed {
    std::string pattern;          // as written; empty for paths that no resource matches (C6)
    std::vector<Policy> entries;  // never empty
    SourceSpan span;
};

}  // namespace corsd::cors
