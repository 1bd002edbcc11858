// Path pattern -> resource, by the total precedence of C5. Hashing, not scanning: the cost of a match depends on the
// path's segments and the number of regexes, not on the number of patterns. Immutable once built; any thread may match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "route/path_pattern.hpp"

namespace corsd::route {

class ResourceTable {
  public:
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    /// Two patterns that C5 cannot order and that some path matches both.
    struct Tie {
        std::size_t first, second;  // indices into the patterns given
    };

    ResourceTable();
    /// The table over `patterns`; match() answers with indices into it. Ties are found with ties(), not here.
    explicit ResourceTable(std::vector<PathPattern> patterns);
    ~ResourceTable();
    ResourceTable(ResourceTable&&) noexcept;
    ResourceTable& operator=(ResourceTable&&) noexcept;

    /// The index of the pattern that governs the canonical path, or kNone. Allocates nothing outside RE2.
    [[nodiscard]] std::size_t match(std::string_view path) const noexcept;

    /// All patterns in the order in which they are tried (C5).
    [[nodiscard]] std::vector<std::size_t> order() const;

    /// The ties of a list of patterns, at most kMostTies. Each pattern is looked up once for each order of stars and
    /// literals that others have.
    static constexpr std::size_t kMostTies = 1000;
    [[nodiscard]] static std::vector<Tie> ties(const std::vector<PathPattern>& patterns);

  private:
    struct Index;
    std::unique_ptr<Index> index_;
};

}  // namespace corsd::route
