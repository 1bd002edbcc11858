// The host of an origin pattern: wildcards, domains, addresses.
#include <algorithm>

#include "cors/ipv6.hpp"
#include "cors/origin_pattern_parser.hpp"

namespace corsd::cors {

void OriginPatternParser::host(std::string_view host, std::size_t offset) {
    if (host.empty()) {
        fail(Code::empty_host, offset, "the host is missing");
    } else if (host.find('*') != std::string_view::npos) {
        wildcard(host, offset);
    } else {
        checked_host(host, offset);
    }
}

void OriginPatternParser::wildcard(std::string_view host, std::size_t offset) {
    const std::size_t star = host.find('*');
    if (host == "*") {
        fail(Code::wildcard_host, offset,
             "this is every host: name a domain, as in https://*.app.example (\"*\" alone admits every page, without "
             "credentials)");
    } else if (host.substr(0, 2) == "**") {
        const std::size_t stars = std::min(host.find_first_not_of('*'), host.size());
        fail(Code::wildcard_double, offset, "one '*.' stands for one or more labels already",
             mended(patched(offset, stars, "*")));
    } else if (star != 0) {
        fail(Code::wildcard_inside, offset + star,
             "'*' may only stand at the start of a host, as in https://*.app.example");
    } else if (host[1] != '.') {
        fail(Code::wildcard_partial, offset, "'*' stands for whole labels and is followed by a dot",
             mended(patched(offset, 1, "*.")));
    } else if (const std::size_t second = host.find('*', 1); second != std::string_view::npos) {
        fail(Code::wildcard_inside, offset + second, "a host has one '*', at its start",
             mended(patched(offset, second + 1, "*")));
    } else {
        pattern_.kind_ = OriginPattern::Kind::subdomains;
        const std::string_view suffix = host.substr(2);
        const HostCheck check = check_host(suffix);
        if (check.kind != HostKind::domain) {
            fail(Code::wildcard_before_ip, offset, "an IP address has no subdomains", mended(patched(offset, 2, "")));
        } else {
            checked_host(suffix, offset + 2);
        }
    }
}

void OriginPatternParser::checked_host(std::string_view host, std::size_t offset) {
    const HostCheck check = check_host(host);
    pattern_.host_ = host;
    pattern_.host_kind_ = check.kind;
    if (check.problem != HostProblem::none) {
        host_error(host, check, offset);
        return;
    }
    if (check.kind == HostKind::ipv6) {
        const auto pieces = parse_ipv6(host.substr(1, host.size() - 2));
        if (pieces && is_ipv4_mapped(*pieces)) ipv6_error(host, {HostProblem::ipv6_mixed, HostKind::ipv6, 1}, offset);
    }
}

void OriginPatternParser::host_error(std::string_view host, const HostCheck& check, std::size_t offset) {
    const std::size_t at = offset + check.offset;
    switch (check.problem) {
        case HostProblem::empty:
            fail(Code::empty_label, at, "a label is empty");
            return;
        case HostProblem::empty_label:
            fail(Code::empty_label, at, "two dots with nothing between them, or a dot at the start");
            return;
        case HostProblem::upper_case:
            fail(Code::upper_case, at, "browsers send the host in lower case",
                 mended(patched(offset, host.size(), lower_case(host))));
            return;
        case HostProblem::non_ascii:
            fail(Code::non_ascii, at, "browsers send the host in its punycode form");
            return;
        case HostProblem::edge_hyphen:
            fail(Code::edge_hyphen, at, "a label neither starts nor ends with '-'");
            return;
        case HostProblem::label_too_long:
            fail(Code::label_too_long, at, "a label has at most 63 bytes");
            return;
        case HostProblem::host_too_long:
            fail(Code::host_too_long, at, "a host has at most 253 bytes");
            return;
        case HostProblem::last_label_number:
            fail(Code::last_label_number, at, "the last label of a domain cannot be a number: no URL has such a host");
            return;
        case HostProblem::ipv4_form:
            fail(Code::ipv4_form, at, "an IPv4 address is four decimal numbers up to 255 without leading zeros");
            return;
        case HostProblem::ipv6_form:
        case HostProblem::ipv6_brackets:
        case HostProblem::ipv6_mixed:
        case HostProblem::zone_id:
            ipv6_error(host, check, offset);
            return;
        default:
            fail(Code::bad_host_byte, at, "a host has letters, digits, '-', '_' and '.' only");
            return;
    }
}

void OriginPatternParser::ipv6_error(std::string_view host, const HostCheck& check, std::size_t offset) {
    const std::size_t at = offset + check.offset;
    if (check.problem == HostProblem::zone_id) {
        const std::string fixed = std::string(host.substr(0, check.offset)) + "]";
        fail(Code::zone_id, at, "browsers never send a zone id", mended(patched(offset, host.size(), fixed)));
        return;
    }
    const auto pieces = host.size() > 2 && host.back() == ']' ? parse_ipv6(host.substr(1, host.size() - 2))
                                                              : std::optional<Ipv6Pieces>();
    if (!pieces) {
        const bool brackets = check.problem == HostProblem::ipv6_brackets;
        fail(brackets ? Code::ipv6_brackets : Code::ipv6_form, at,
             brackets ? "brackets stand around an IPv6 address only" : "not an IPv6 address");
        return;
    }
    if (is_ipv4_mapped(*pieces)) {
        std::string quad;
        for (const unsigned piece : {(*pieces)[6], (*pieces)[7]}) {
            quad += (quad.empty() ? "" : ".") + std::to_string(piece >> 8) + "." + std::to_string(piece & 0xffU);
        }
        fail(Code::ipv4_mapped, at, "an IPv4-mapped IPv6 address; write the IPv4 address",
             mended(patched(offset, host.size(), quad)));
        return;
    }
    fail(Code::ipv6_form, at, "browsers send IPv6 addresses in the form of RFC 5952",
         mended(patched(offset, host.size(), "[" + std::string(Ipv6Text(*pieces).view()) + "]")));
}

}  // namespace corsd::cors
