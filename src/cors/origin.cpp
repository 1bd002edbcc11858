#include "cors/origin.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/ipv6.hpp"

namespace corsd::cors {
namespace {

bool all_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

// URL standard, "ends in a number checker": digits, or what its IPv4 number parser takes for a number.
bool is_number(std::string_view label) noexcept {
    if (all_digits(label)) return true;
    return label.substr(0, 2) == "0x" &&
           std::all_of(label.begin() + 2, label.end(), [](char c) { return ascii::hex_value(c) >= 0; });
}

bool is_dotted_quad(std::string_view host) noexcept {
    int parts = 0;
    for (;;) {
        const std::string_view part = host.substr(0, host.find('.'));
        if (!all_digits(part) || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return false;
        int value = 0;
        for (const char c : part)
            value = value * 10 + (c - '0');
        if (value > 255) return false;
        ++parts;
        if (part.size() == host.size()) return parts == 4;
        host.remove_prefix(part.size() + 1);
    }
}

HostCheck check_ipv6(std::string_view host) noexcept {
    const auto bad = [](HostProblem problem, std::size_t offset) { return HostCheck{problem, HostKind::ipv6, offset}; };
    const std::size_t end = host.find(']');
    if (host.empty() || host.front() != '[' || end != host.size() - 1) return bad(HostProblem::ipv6_brackets, 0);
    const std::string_view inner = host.substr(1, end - 1);
    if (const std::size_t zone = inner.find('%'); zone != std::string_view::npos) {
        return bad(HostProblem::zone_id, zone + 1);
    }
    const auto pieces = parse_ipv6(inner);
    if (!pieces) return bad(HostProblem::ipv6_form, 1);
    if (inner.find('.') != std::string_view::npos) return bad(HostProblem::ipv6_mixed, 1);
    if (Ipv6Text(*pieces).view() != inner) return bad(HostProblem::ipv6_form, 1);
    return {HostProblem::none, HostKind::ipv6, 0};
}

HostProblem check_byte(char c) noexcept {
    if (ascii::is_lower(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.') return HostProblem::none;
    if (ascii::is_upper(c)) return HostProblem::upper_case;
    if (static_cast<unsigned char>(c) > 0x7f) return HostProblem::non_ascii;
    if (c == ':' || c == '[' || c == ']') return HostProblem::ipv6_brackets;
    return HostProblem::bad_byte;
}

// One label without its dots; `offset` of the result counts from the label's start.
HostCheck check_label(std::string_view label) noexcept {
    const auto bad = [](HostProblem problem, std::size_t offset) {
        return HostCheck{problem, HostKind::domain, offset};
    };
    if (label.empty()) return bad(HostProblem::empty_label, 0);
    if (label.size() > kMaxLabelBytes) return bad(HostProblem::label_too_long, 0);
    if (label.front() == '-') return bad(HostProblem::edge_hyphen, 0);
    if (label.back() == '-') return bad(HostProblem::edge_hyphen, label.size() - 1);
    return {};
}

HostCheck check_last_label(std::string_view host, std::string_view last, std::size_t offset) noexcept {
    if (!is_number(last)) return {};
    if (is_dotted_quad(host)) return {HostProblem::none, HostKind::ipv4, 0};
    // Nothing but numbers was meant as an address; the rest is a domain that no URL can have.
    bool numbers = true;
    for (std::string_view rest = host; numbers && !rest.empty();) {
        const std::string_view label = rest.substr(0, rest.find('.'));
        numbers = is_number(label);
        rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    }
    return numbers ? HostCheck{HostProblem::ipv4_form, HostKind::ipv4, 0}
                   : HostCheck{HostProblem::last_label_number, HostKind::domain, offset};
}

// RFC 6454 section 4 and URL standard: 1 to 65535, never with a leading zero, never the scheme's default.
std::optional<std::uint16_t> parse_port(std::string_view text, std::string_view scheme) noexcept {
    if (!all_digits(text) || text.size() > 5 || text.front() == '0') return std::nullopt;
    unsigned value = 0;
    for (const char c : text)
        value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65535 || value == default_port(scheme)) return std::nullopt;
    return static_cast<std::uint16_t>(value);
}

}  // namespace

HostCheck check_host(std::string_view host) noexcept {
    if (host.empty()) return {HostProblem::empty, HostKind::domain, 0};
    if (host.front() == '[') return check_ipv6(host);
    if (host.size() > kMaxHostBytes) return {HostProblem::host_too_long, HostKind::domain, kMaxHostBytes};
    for (std::size_t i = 0; i < host.size(); ++i) {
        if (const HostProblem problem = check_byte(host[i]); problem != HostProblem::none) {
            return {problem, HostKind::domain, i};
        }
    }
    // One trailing dot is the root's empty label (N7); a lone dot has no label at all.
    const std::size_t end = host.size() > 1 && host.back() == '.' ? host.size() - 1 : host.size();
    for (std::size_t start = 0;;) {
        const std::size_t dot = std::min(host.find('.', start), end);
        const std::string_view label = host.substr(start, dot - start);
        HostCheck check = check_label(label);
        if (check.problem != HostProblem::none) {
            check.offset += start;
            return check;
        }
        if (dot == end) return check_last_label(host, label, start);
        start = dot + 1;
    }
}

std::uint16_t default_port(std::string_view scheme) noexcept {
    if (scheme == "https" || scheme == "wss") return 443;
    if (scheme == "http" || scheme == "ws") return 80;
    if (scheme == "ftp") return 21;
    return 0;
}

bool is_scheme(std::string_view scheme) noexcept {
    return !scheme.empty() && scheme.size() <= kMaxSchemeBytes && ascii::is_lower(scheme.front()) &&
           std::all_of(scheme.begin(), scheme.end(), [](char c) {
               return ascii::is_lower(c) || ascii::is_digit(c) || c == '+' || c == '-' || c == '.';
           });
}

bool is_loopback_host(std::string_view host) noexcept {
    constexpr std::string_view kSuffix = ".localhost";
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (host == "localhost" || host == "[::1]") return true;
    if (host.size() > kSuffix.size() && host.substr(host.size() - kSuffix.size()) == kSuffix) return true;
    return host.substr(0, 4) == "127." && is_dotted_quad(host);
}

std::optional<Origin> parse_origin(std::string_view text) noexcept {
    constexpr std::string_view kSeparator = "://";
    if (text.size() > kMaxOriginBytes) return std::nullopt;
    const std::size_t colon = text.find(kSeparator);
    if (colon == std::string_view::npos) return std::nullopt;

    Origin origin;
    origin.text = text;
    origin.scheme = text.substr(0, colon);
    if (!is_scheme(origin.scheme)) return std::nullopt;

    const std::string_view authority = text.substr(colon + kSeparator.size());
    std::size_t host_end = authority.find(':');
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t bracket = authority.find(']');
        if (bracket == std::string_view::npos) return std::nullopt;
        host_end = bracket + 1 == authority.size() ? std::string_view::npos : bracket + 1;
    }
    origin.host = authority.substr(0, host_end);
    const HostCheck check = check_host(origin.host);
    if (check.problem != HostProblem::none) return std::nullopt;
    origin.kind = check.kind;

    if (host_end != std::string_view::npos) {
        if (authority[host_end] != ':') return std::nullopt;
        const auto port = parse_port(authority.substr(host_end + 1), origin.scheme);
        if (!port) return std::nullopt;
        origin.port = *port;
    }
    return origin;
}

}  // namespace corsd::cors
