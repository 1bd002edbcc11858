// One field line of a head or a trailer section (RFC 9112 section 5), strict.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/field.hpp"

namespace corsd::http {

enum class LineFault : std::uint8_t { none, bare_lf, folded, name, no_colon, value };

/// A static sentence for people.
[[nodiscard]] const char* describe(LineFault fault) noexcept;

struct FieldLine {
    Field field;
    bool underscore = false;  // in the name
};

/// Splits `line`, which ends before its LF (so with a CR). Views point into it.
[[nodiscard]] LineFault parse_field_line(std::string_view line, FieldLine& out) noexcept;

/// No control characters but tabs (RFC 9110 section 5.5); bytes above 0x7f are left alone.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

}  // namespace corsd::http
