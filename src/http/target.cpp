#include "http/target.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace corsd::http {

namespace {

constexpr std::size_t kMaxHost = 255;  // a name of 253 bytes, its trailing dot, and one to spare

/// RFC 3986: unreserved and sub-delims, but for ',' and ';'.
constexpr std::array<bool, 256> kHostTable = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 128; ++c)
        table[c] = ascii::is_alnum(static_cast<char>(c));
    for (const char c : std::string_view{"-._~!$&'()*+="})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_name(std::string_view host) noexcept {
    if (host.empty() || host.size() > kMaxHost || host.front() == '.') return false;
    char before = 0;
    for (const char c : host) {
        if (!kHostTable[static_cast<unsigned char>(c)] || (c == '.' && before == '.')) return false;
        before = c;
    }
    return true;
}

/// A dotted quad of decimal numbers without leading zeros.
bool is_ipv4(std::string_view text) noexcept {
    for (int octet = 0; octet < 4; ++octet) {
        const auto end = octet < 3 ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0 || end > 3 || (end > 1 && text.front() == '0')) return false;
        int value = 0;
        for (const char c : text.substr(0, end)) {
            if (!ascii::is_digit(c)) return false;
            value = value * 10 + (c - '0');
        }
        if (value > 255) return false;
        text.remove_prefix(octet < 3 ? end + 1 : end);
    }
    return true;
}

/// IPv6address of RFC 3986 section 3.2.2, without its brackets; no zone.
bool is_ipv6(std::string_view text) noexcept {
    int groups = 0;
    bool compressed = false;
    if (text.substr(0, 2) == "::") {
        compressed = true;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            if (!is_ipv4(text)) return false;
            groups += 2;
            break;
        }
        std::size_t digits = 0;
        while (digits < text.size() && ascii::hex_value(text[digits]) >= 0)
            ++digits;
        if (digits == 0 || digits > 4 || ++groups > 8) return false;
        text.remove_prefix(digits);
        if (text.empty()) break;
        if (text.front() != ':') return false;
        text.remove_prefix(1);
        if (text.empty()) return false;  // a lone colon at the end
        if (text.front() == ':') {
            if (compressed) return false;
            compressed = true;
            text.remove_prefix(1);
        }
    }
    return compressed ? groups <= 7 : groups == 8;
}

bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
    if (text.empty() || text.size() > 5 || text.front() == '0') return false;
    std::uint32_t value = 0;
    for (const char c : text) {
        if (!ascii::is_digit(c)) return false;
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (value > 65535) return false;
    port = static_cast<std::uint16_t>(value);
    return true;
}

bool bad(ParseFailure& failure, const char* detail) noexcept {
    failure = {Reason::bad_request, detail};
    return false;
}

void split_path(std::string_view text, Target& out) noexcept {
    const auto mark = std::min(text.find('?'), text.size());
    out.path = text.substr(0, mark);
    out.query = text.substr(mark);
    if (out.path.empty()) out.path = "/";  // RFC 9110 section 4.2.3
}

bool split_absolute(std::string_view target, Target& out, ParseFailure& failure) noexcept {
    const auto colon = target.find("://");
    const auto scheme = target.substr(0, std::min(colon, target.size()));
    if (colon == std::string_view::npos) return bad(failure, "the target is neither a path nor a URL");
    if (!ascii::equals_lower(scheme, "http") && !ascii::equals_lower(scheme, "https")) {
        return bad(failure, "the target's scheme is neither http nor https");
    }
    const auto rest = target.substr(colon + 3);
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    if (!parse_authority(rest.substr(0, end), out.authority)) return bad(failure, "the target's host is not valid");
    out.form = TargetForm::absolute;
    out.scheme = scheme;
    split_path(rest.substr(end), out);
    return true;
}

}  // namespace

bool parse_authority(std::string_view text, Authority& out) noexcept {
    std::size_t host_size = 0;
    if (!text.empty() && text.front() == '[') {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return false;
        host_size = bracket + 1;
    } else {
        host_size = std::min(text.find(':'), text.size());
        if (!is_name(text.substr(0, host_size))) return false;
    }
    std::uint16_t port = 0;
    if (host_size < text.size() && (text[host_size] != ':' || !parse_port(text.substr(host_size + 1), port)))
        return false;
    out = {text, text.substr(0, host_size), port};
    return true;
}

bool split_target(const RequestHead& head, Target& out, ParseFailure& failure) noexcept {
    out = {};
    const auto target = head.target;
    if (target.empty()) return bad(failure, "the request line has no target");
    if (target.front() != '/' && target != "*") return split_absolute(target, out, failure);
    if (!head.host.empty() && !parse_authority(head.host, out.authority)) {
        return bad(failure, "Host is not a host with an optional port");
    }
    if (target.front() == '/') {
        out.form = TargetForm::origin;
        split_path(target, out);
        return true;
    }
    // RFC 9112 section 3.2.4.
    if (head.method != "OPTIONS") return bad(failure, "the target '*' is for OPTIONS only");
    out.form = TargetForm::asterisk;
    return true;
}

}  // namespace corsd::http
