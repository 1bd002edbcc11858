// The origins that a policy admits, indexed: looking one up hashes the origin and its host's parents, however many
// patterns there are.
#pragma once

#include <memory>
#include <vector>

#include "cors/origin_pattern.hpp"

namespace corsd::cors {

/// Immutable; copies share the index. Any thread may ask.
class OriginSet {
  public:
    /// Admits nothing.
    OriginSet();
    explicit OriginSet(std::vector<OriginPattern> patterns);

    /// "*" is among the patterns. It then admits every origin that parses, and `null`.
    [[nodiscard]] bool any() const noexcept;
    /// "null" is among the patterns (N11); false under "*", which any() tells.
    [[nodiscard]] bool allows_null() const noexcept;
    [[nodiscard]] bool empty() const noexcept;
    /// Allocates nothing outside RE2.
    [[nodiscard]] bool admits(const Origin& origin) const noexcept;
    /// A regex of exactly this text, its `~` included, is among the patterns.
    [[nodiscard]] bool has_regex(std::string_view text) const noexcept;
    /// In the order given.
    [[nodiscard]] const std::vector<OriginPattern>& patterns() const noexcept;

  private:
    struct Index;
    std::shared_ptr<const Index> index_;
};

}  // namespace corsd::cors
