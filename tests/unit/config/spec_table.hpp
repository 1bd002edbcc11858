// Reads a table of tests/spec; tests/spec/README.md says how it is written, tests/spec/tables.py reads the same.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace corsd::config {

using Texts = std::map<std::string, std::string, std::less<>>;

struct SpecTable {
    Texts environment, files, configs;
    /// One a row: columns are filled in, outcomes resolved, repetitions written out.
    std::vector<Node> cases;
};

/// Throws std::runtime_error for a table that cannot be read.
[[nodiscard]] SpecTable read_spec_table(const std::filesystem::path& path);

/// The text of an entry, or `otherwise`.
[[nodiscard]] std::string text_of(const Node& map, std::string_view key, std::string otherwise = {});
/// The value of an entry, or a node without anything.
[[nodiscard]] const Node& child_of(const Node& map, std::string_view key);

}  // namespace corsd::config
