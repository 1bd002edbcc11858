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

/// The texts that spans point into: the configuration file and every @file: list, by SourceSpan::file.
struct Source {
    std::string name;  // as shown to people: the path as given
    std::string text;
};
using Sources = std::vector<Source>;

/// `file:line:col: error[code]: message; fix: …`: one line, for a log.
[[nodiscard]] std::string render_line(const Diagnostic& diagnostic, const Sources& sources);

/// `file:line:col: error[code]: message`, the source line, a caret, the fix; then the related place. Ends in a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, const Sources& sources);

}  // namespace corsd::config
