// What is wrong with a configuration, said so that its author can mend it: place, source line, caret, code, fix (C10).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.hpp"

namespace corsd::config {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
    Severity severity = Severity::error;
    std::string code;  // stable, kebab-case: "unknown-key", "origin-trailing-slash"
    std::string message;
    SourceSpan span;
    std::string fix;     // "did you mean …", the corrected value; may be empty
    SourceSpan related;  // the other line when two are involved (duplicate, tie, inherited value)
    std::string related_message;
};

/// A text that spans point into, with an index of its lines: a file can be wrong on each of a hundred thousand.
/// Immutable.
class Source {
  public:
    /// `name` as shown to people: the path as given.
    Source(std::string name, std::string text);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// A line, counted from 1, without its end; empty when the text has none of that number. Costs the same for each.
    [[nodiscard]] std::string_view line(std::uint32_t number) const noexcept;

  private:
    std::string name_, text_;
    std::vector<std::size_t> starts_;  // of each line in text_
};
/// The configuration file and every @file: list, by SourceSpan::file.
using Sources = std::vector<Source>;

/// What a terminal may be shown of bytes from outside: controls and what is no UTF-8 become '?', a tab a space.
[[nodiscard]] std::string printable(std::string_view text);

/// `file:line:col: error[code]: message; fix: …`: one line, for a log.
[[nodiscard]] std::string render_line(const Diagnostic& diagnostic, const Sources& sources);

/// `file:line:col: error[code]: message`, the source line, a caret, the fix; then the related place. Ends in a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, const Sources& sources);

}  // namespace corsd::config
