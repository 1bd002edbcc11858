// Writing heads: plain appends to a string that keeps its capacity.
#pragma once

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/field.hpp"
#include "http/problem.hpp"

namespace corsd::proxy {

inline void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

inline void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

inline void append_content_length(std::string& out, std::uint64_t length) {
    out.append("Content-Length: ");
    append_number(out, length);
    out.append("\r\n");
}

inline void append_status_line(std::string& out, std::uint16_t status, std::string_view phrase) {
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(phrase.empty() ? http::reason_phrase(status) : phrase).append("\r\n");
}

/// Fields as received. Lines in canonical form that stand side by side are copied as one piece.
inline void append_passed_fields(std::string& out, std::span<const http::Field> fields) {
    const char* run = nullptr;
    const char* run_end = nullptr;
    const auto flush = [&] {
        if (run != nullptr) out.append(run, run_end);
        run = nullptr;
    };
    for (const http::Field& field : fields) {
        if (field.form != http::LineForm::canonical) {
            flush();
            append_field(out, field.name, field.value);
            continue;
        }
        const char* const line = field.name.data();
        if (run == nullptr || line != run_end) {
            flush();
            run = line;
        }
        run_end = field.value.data() + field.value.size() + 2;  // with its CRLF
    }
    flush();
}

}  // namespace corsd::proxy
