// What refuses to start, judged on effective policies and on sites as a whole (policy section 2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/policy_draft.hpp"
#include "config/settings.hpp"
#include "route/path_pattern.hpp"

namespace corsd::config {

/// The origins of an effective policy in the company of its credentials and permissions.
void judge_policy(const PolicyDraft& draft, OriginLists& lists, Report& report);

/// The risks that a pattern may not have in the company of credentials (a set of Risk), N43 included.
[[nodiscard]] std::uint8_t refused_with_credentials(const Permissions& permissions) noexcept;

/// Warnings about permissions that nothing in the policy needs. Only for a policy that names them itself.
void warn_about_permissions(const PolicyDraft& draft, Report& report);

/// Whether `paths` says what is to happen to double slashes or parameters.
enum class FoldedPaths : std::uint8_t { unanswered, answered };
/// Warnings about resources in the company of each other.
void warn_about_resources(const Site& site, FoldedPaths folded, Report& report);

/// C7: disjoint methods, GET and HEAD together, no "*".
void judge_entries(const std::vector<PolicyDraft>& entries, Report& report);

/// C5: patterns that nothing puts in order. `spans` are those of their keys.
void judge_ties(const std::vector<route::PathPattern>& patterns, const std::vector<SourceSpan>& spans, Report& report);

/// A name that a site answers for, and where it says so.
struct HostClaim {
    std::string host;  // "" : every host, of a site that names none
    SourceSpan span;
    std::size_t site = 0;
};
/// Two sites that claim one host.
void judge_hosts(const std::vector<HostClaim>& claims, Report& report);

}  // namespace corsd::config
