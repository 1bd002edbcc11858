// One field line of a head or a trailer section (RFC 9112 section 5), strict.
#pragma once

#include <cstddef>
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

/// The field line that `data` starts with, read in one pass: its size with its CRLF. 0: it is not whole, or not of the
/// plain kind that nearly all lines are; parse_field_line says what it is.
[[nodiscard]] std::size_t parse_plain_line(std::string_view data, FieldLine& out) noexcept;

/// No control characters but tabs (RFC 9110 section 5.5); bytes above 0x7f are left alone.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

}  // namespace corsd::http
