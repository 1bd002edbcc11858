// Reading one origin pattern, part by part; private to origin_pattern_parse.cpp, origin_pattern_host.cpp and
// origin_pattern_slips.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "cors/origin_pattern.hpp"

namespace corsd::cors {

class OriginPatternParser {
  public:
    OriginPatternParser(std::string_view text, const SyntaxMask& mask) : text_(text), mask_(mask) {}

    std::variant<OriginPattern, OriginPatternError> run() {
        pattern_.text_ = text_;
        if (!special()) origin();
        if (error_) return std::move(*error_);
        return std::move(pattern_);
    }

  private:
    using Code = OriginPatternError::Code;

    // What is not scheme://host:port. True when it was one of these, or an error.
    bool special();
    bool regex();
    bool looks_wrong();
    bool quoted();
    bool bare_variable();
    bool regex_without_tilde();
    bool looks_like_regex() const;
    bool several();
    bool white_space();
    void origin();
    void no_scheme();
    void scheme(std::string_view scheme);
    void authority(std::string_view authority, std::size_t offset);
    void extra(std::string_view authority, std::size_t offset);
    void port(std::string_view port, std::size_t offset);
    void port_number(std::string_view port, std::size_t offset);
    void host(std::string_view host, std::size_t offset);
    void wildcard(std::string_view host, std::size_t offset);
    void checked_host(std::string_view host, std::size_t offset);
    void host_error(std::string_view host, const HostCheck& check, std::size_t offset);
    void ipv6_error(std::string_view host, const HostCheck& check, std::size_t offset);

    bool fail(Code code, std::size_t offset, std::string message, std::string fix = {}) {
        if (!error_) error_ = OriginPatternError{code, offset, std::move(message), std::move(fix)};
        return true;
    }
    // The text with `length` bytes at `offset` replaced.
    std::string patched(std::size_t offset, std::size_t length, std::string_view with) const {
        return std::string(text_).replace(offset, length, with);
    }

    /// A corrected text, corrected further where it still is no pattern: who follows a hint gets no second error. Empty
    /// when no correction is known. Ends because each takes its own mistake out for good.
    [[nodiscard]] static std::string mended(std::string text);

    std::string_view text_;
    const SyntaxMask& mask_;
    OriginPattern pattern_;
    std::optional<OriginPatternError> error_;
};

/// ASCII letters folded.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace corsd::cors
