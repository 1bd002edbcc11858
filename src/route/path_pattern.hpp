// Path patterns of C4: /exact, /prefix/*, /*, /a/*/b and ~regex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace re2 {
class RE2;
}

namespace corsd::route {

/// Why a text is no path pattern. `offset` is a byte in the text, `fix` a corrected text when there is an obvious one.
struct PatternError {
    enum class Code : std::uint8_t {
        empty,
        not_absolute,       // starts with neither '/' nor '~'
        partial_wildcard,   // /api*, /a*b, **
        not_canonical,      // fix shows the canonical form
        ambiguous,          // no canonical form at all
        query_or_fragment,  // '?' or '#' in a pattern
        bad_regex,
        control_or_non_ascii,
    };
    Code code;
    std::size_t offset = 0;
    std::string message;
    std::string fix;
};

class PathPattern {
  public:
    enum class Kind : std::uint8_t { exact, glob, regex, all };  // all: "/*"

    /// Parses one pattern. Never throws. `literal_start`/'*' semantics for expanded values are the caller's business
    /// (C9).
    [[nodiscard]] static std::variant<PathPattern, PatternError> parse(std::string_view text);

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Does this pattern match a canonical path? For tests and diagnostics; serving uses ResourceTable.
    [[nodiscard]] bool matches(std::string_view path) const noexcept;
    /// Segments between slashes; "*" stands for a wildcard; empty for a regex.
    [[nodiscard]] const std::vector<std::string>& segments() const noexcept { return segments_; }
    [[nodiscard]] bool ends_in_wildcard() const noexcept { return ends_in_wildcard_; }
    [[nodiscard]] std::size_t literals_before_wildcard() const noexcept { return literals_before_wildcard_; }
    [[nodiscard]] std::size_t literals() const noexcept { return literals_; }
    [[nodiscard]] const re2::RE2* regex() const noexcept { return regex_.get(); }

  private:
    Kind kind_ = Kind::exact;
    std::string text_;
    std::vector<std::string> segments_;
    std::size_t literals_before_wildcard_ = 0, literals_ = 0;
    bool ends_in_wildcard_ = false;
    std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace corsd::route
