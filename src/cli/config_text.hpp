// A configuration file as text that can be changed in single places, so that everything else stays as its author wrote
// it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace corsd::cli {

struct ChangedLine {
    std::size_t number = 0;    // in the new text
    std::size_t replaces = 0;  // the line of the first text; 0: it is new
    std::size_t behind = 0;    // the line of the first text that it is, or stands behind
};

class ConfigText {
  public:
    /// A text that the loader accepts.
    explicit ConfigText(const std::string& text);

    [[nodiscard]] const config::Node& root() const noexcept { return root_; }
    [[nodiscard]] std::string text() const;

    // Each changes the text and reads it anew: nodes and places from before are void. False, and nothing changed: the
    // text is written in a way that is not understood here.

    /// Adds a value, YAML already, to the end of a list, or to the one value that stands in place of a list.
    [[nodiscard]] bool append_item(const config::Node& list, std::string_view item);
    /// Adds a key with a value on the same line to a map, in front of its first key or, in braces, behind
    /// the last.
    [[nodiscard]] bool insert_key(const config::Node& map, std::string_view key, std::string_view value);
    /// Puts another value on one line in place of a scalar.
    [[nodiscard]] bool replace(const config::Node& scalar, std::string_view value);

    /// The lines that changed, with the keys that they stand under, as YAML to paste.
    [[nodiscard]] std::string changed_yaml() const;
    /// All of them in order. Lines count from 1.
    [[nodiscard]] std::vector<ChangedLine> changed_lines() const;

  private:
    struct Line {
        std::string text;        // without its line feed
        std::size_t before = 0;  // its number in the first text; 0: none
        bool changed = false;
    };
    struct Place {
        std::size_t line = 0, column = 0;  // from 0
    };

    [[nodiscard]] bool parse();
    [[nodiscard]] bool holds(Place place, char c) const noexcept;
    [[nodiscard]] std::optional<Place> last_before_close(Place open) const;
    [[nodiscard]] bool insert(Place at, std::string_view text);
    [[nodiscard]] bool insert_line(std::size_t after, std::string text);
    [[nodiscard]] bool commit(std::vector<Line> lines);

    std::vector<Line> lines_;
    config::Node root_;
};

}  // namespace corsd::cli
