#include "telemetry/query_redaction.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::telemetry {

namespace {

/// One decoded, lower-case byte of a name; moves `rest` past it.
char next_byte(std::string_view& rest) noexcept {
    char byte = rest.front();
    std::size_t used = 1;
    if (byte == '%' && rest.size() >= 3) {
        const int high = ascii::hex_value(rest[1]);
        const int low = ascii::hex_value(rest[2]);
        if (high >= 0 && low >= 0) {
            byte = static_cast<char>(high * 16 + low);
            used = 3;
        }
    } else if (byte == '+') {
        byte = ' ';
    }
    rest.remove_prefix(used);
    return ascii::to_lower(byte);
}

bool is_name(std::string_view encoded, std::string_view lower) noexcept {
    for (const char expected : lower) {
        if (encoded.empty() || next_byte(encoded) != expected) return false;
    }
    return encoded.empty() || next_byte(encoded) == '[';
}

bool is_secret(std::string_view name, std::span<const std::string> names) noexcept {
    return std::any_of(names.begin(), names.end(), [&](const std::string& each) { return is_name(name, each); });
}

/// The place of the first `=`, `&` or `;` from `from` on, or the end. (find_first_of calls memchr for each byte.)
std::size_t name_end(std::string_view query, std::size_t from) noexcept {
    while (from < query.size() && query[from] != '=' && query[from] != '&' && query[from] != ';')
        ++from;
    return from;
}

/// Where the value of the first secret in `query` starts and how long it is; length 0 when there is none.
struct Value {
    std::size_t start = 0;
    std::size_t length = 0;
};

Value first_secret(std::string_view query, std::span<const std::string> names) noexcept {
    std::size_t name_start = 0;
    while (name_start < query.size()) {
        const std::size_t stop = name_end(query, name_start);
        if (stop < query.size() && query[stop] == '=') {
            const std::size_t end = std::min(query.find('&', stop), query.size());
            if (end > stop + 1 && is_secret(query.substr(name_start, stop - name_start), names)) {
                return {stop + 1, end - stop - 1};
            }
            name_start = stop + 1;
            while (name_start < query.size() && query[name_start] != '&' && query[name_start] != ';')
                ++name_start;
            ++name_start;
        } else {
            name_start = stop + 1;
        }
    }
    return {};
}

}  // namespace

bool needs_redaction(std::string_view target, std::span<const std::string> names) noexcept {
    const std::size_t mark = target.find('?');
    return mark != std::string_view::npos && first_secret(target.substr(mark + 1), names).length != 0;
}

void redact_query(std::string& out, std::string_view target, std::span<const std::string> names) {
    out.clear();
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) {
        out = target;
        return;
    }
    out.append(target.substr(0, mark + 1));
    std::string_view query = target.substr(mark + 1);
    for (Value value = first_secret(query, names); value.length != 0; value = first_secret(query, names)) {
        out.append(query.substr(0, value.start)).append("REDACTED");
        query.remove_prefix(value.start + value.length);
    }
    out.append(query);
}

}  // namespace corsd::telemetry
