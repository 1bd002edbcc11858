// The cases of `corsd test`: what the users of a configuration promise themselves of it, in a YAML file of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/explain_case.hpp"
#include "config/diagnostic.hpp"
#include "config/load.hpp"

namespace corsd::cli {

enum class Expected : std::uint8_t { allowed, refused };

struct PolicyCase {
    std::string title;  // as given, or made from what is asked
    explained::Case asked;
    Expected expected = Expected::allowed;
    std::string reason;  // of a refusal, when one is expected; empty: any
    SourceSpan place;
};

struct PolicyCases {
    std::vector<PolicyCase> cases;  // of a file without diagnostics
    std::vector<config::Diagnostic> diagnostics;
    config::Sources sources;  // one: the file
};

/// Reads a list of {origin, method, path, headers, credentials, websocket, expect, reason, title};
/// docs/policy-tests.md. Paths without an origin lie below the public origin of `config`'s only site. Reports every
/// mistake.
[[nodiscard]] PolicyCases read_policy_cases(const std::string& path, const config::Environment& environment,
                                            const config::Config& config);

}  // namespace corsd::cli
