#include "config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/ascii.hpp"
#include "config/fields.hpp"
#include "cors/origin.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kMaxUnixPath = 107;  // sockaddr_un::sun_path, less its terminating zero
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kPassed = "fd:";

std::optional<Address> read_unix(const Node& value, Context& context) {
    Address address;
    address.kind = AddressKind::unix_socket;
    address.path = value.text.substr(kUnix.size());
    address.text = value.text;
    if (address.path.empty() || address.path.front() != '/') {
        context.report.error("bad-address", value.span, "a Unix socket is named by an absolute path").fix =
            "unix:/run/corsd/http.sock";
        return std::nullopt;
    }
    if (address.path.size() > kMaxUnixPath) {
        context.report.error("bad-address", value.span, "the path of a Unix socket has at most 107 bytes");
        return std::nullopt;
    }
    return address;
}

/// What systemd allows as FileDescriptorName= (systemd.socket(5)).
bool is_descriptor_name(std::string_view name) noexcept {
    constexpr std::size_t kMost = 255;
    return !name.empty() && name.size() <= kMost &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

std::optional<Address> read_passed(const Node& value, Context& context) {
    Address address;
    address.kind = AddressKind::passed;
    address.name = value.text.substr(kPassed.size());
    address.text = value.text;
    if (is_descriptor_name(address.name)) return address;
    context.report
        .error("bad-address", value.span,
               "a socket that systemd passes is named as its FileDescriptorName= is: visible ASCII without `:`")
        .fix = "fd:http";
    return std::nullopt;
}

struct HostPort {
    std::string_view host;  // with the brackets of IPv6
    std::optional<std::string_view> port;
};

HostPort split(std::string_view text) noexcept {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    const std::optional<std::uint64_t> port = parse_count(text);
    if (!port || *port > 65'535) return std::nullopt;
    return static_cast<std::uint16_t>(*port);
}

std::string_view unbracketed(std::string_view host) noexcept {
    return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

/// The address of host and port, once both are known to be good.
Address tcp(std::string_view host, std::uint16_t port) {
    Address address;
    address.host = unbracketed(host);
    address.port = port;
    address.text = std::string(host) + ':' + std::to_string(port);
    return address;
}

Diagnostic& bad(const Node& value, std::string message, Context& context) {
    return context.report.error("bad-address", value.span, std::move(message));
}

/// A host of an endpoint: an IP literal or a name (RFC 952, RFC 1123, and `_`).
bool is_endpoint_host(std::string_view host) noexcept {
    return cors::check_host(host).problem == cors::HostProblem::none;
}

}  // namespace

std::optional<IpLiteral> parse_ip(std::string_view text) noexcept {
    IpLiteral result;
    std::array<char, INET6_ADDRSTRLEN + 1> zero_ended{};
    if (text.empty() || text.size() >= zero_ended.size()) return std::nullopt;
    std::memcpy(zero_ended.data(), text.data(), text.size());
    if (inet_pton(AF_INET, zero_ended.data(), result.bytes.data() + 12) == 1) {
        result.bytes[10] = result.bytes[11] = 0xff;
        result.v4 = true;
        return result;
    }
    if (inet_pton(AF_INET6, zero_ended.data(), result.bytes.data()) == 1) return result;
    return std::nullopt;
}

std::optional<Address> read_listen_address(const Node& value, Context& context) {
    const std::string_view text = value.text;
    if (text.starts_with(kUnix)) return read_unix(value, context);
    if (text.starts_with(kPassed)) return read_passed(value, context);
    const auto [host, port_text] = split(text);
    if (text.find("://") != std::string_view::npos) {
        bad(value, "an address to listen on is host:port, not a URL", context).fix = "127.0.0.1:8080";
    } else if (!port_text && parse_port(text)) {
        bad(value, "an address to listen on needs a host", context).fix = "127.0.0.1:" + std::string(text);
    } else if (!port_text) {
        bad(value, "an address to listen on needs a port", context).fix = std::string(text) + ":8080";
    } else if (!parse_port(*port_text)) {
        bad(value, "`" + std::string(*port_text) + "` is no port (0 to 65535)", context);
    } else if (host.empty() || host == "*") {
        bad(value, "an address to listen on needs an IP address", context).fix =
            "0.0.0.0:" + std::string(*port_text) + " or [::]:" + std::string(*port_text) +
            " for all, 127.0.0.1:" + std::string(*port_text) + " for this machine only";
    } else if (ascii::equals_lower(host, "localhost")) {
        bad(value, "an address to listen on is an IP address, not a name", context).fix =
            "127.0.0.1:" + std::string(*port_text);
    } else if (const auto ip = parse_ip(unbracketed(host)); !ip) {
        bad(value, "`" + std::string(host) + "` is no IP address", context);
    } else if (!ip->v4 && host.front() != '[') {
        bad(value, "an IPv6 address stands in brackets", context).fix =
            "[" + std::string(host) + "]:" + std::string(*port_text);
    } else {
        return tcp(host, *parse_port(*port_text));
    }
    return std::nullopt;
}

std::optional<Address> read_endpoint(const Node& value, Context& context) {
    std::string_view text = value.text;
    if (text.starts_with(kUnix)) return read_unix(value, context);
    if (text.starts_with("https://")) {
        context.report.error("not-supported", value.span, "https towards an upstream is not supported yet");
        return std::nullopt;
    }
    if (!text.starts_with("http://")) {
        Diagnostic& problem = bad(value, "an upstream is http://host:port or unix:/path", context);
        const auto [host, port_text] = split(text);
        if (parse_port(text)) {
            problem.fix = "http://127.0.0.1:" + std::string(text);
        } else if (is_endpoint_host(host) && (!port_text || parse_port(*port_text))) {
            problem.fix = "http://" + std::string(text);
        }
        return std::nullopt;
    }
    text.remove_prefix(7);
    if (const std::size_t end = text.find_first_of("/?#@"); end != std::string_view::npos) {
        const bool user = text[end] == '@';
        bad(value,
            user ? "an upstream has no user or password"
                 : "an upstream is an address only; the path of each request is passed on as it is",
            context)
            .fix = "http://" + std::string(user ? text.substr(end + 1, text.find_first_of("/?#", end) - end - 1)
                                                : text.substr(0, end));
        return std::nullopt;
    }
    const auto [host, port_text] = split(text);
    const std::optional<std::uint16_t> port = port_text ? parse_port(*port_text) : std::uint16_t{80};
    if (!port || *port == 0) {
        bad(value, "`" + std::string(*port_text) + "` is no port (1 to 65535)", context);
        return std::nullopt;
    }
    if (!is_endpoint_host(host)) {
        std::string lower(host);
        std::transform(lower.begin(), lower.end(), lower.begin(), ascii::to_lower);
        Diagnostic& problem =
            bad(value, "`" + std::string(host) + "` is no host name (lower-case) or IP address", context);
        if (is_endpoint_host(lower)) problem.fix = "http://" + lower + (port_text ? ":" + std::string(*port_text) : "");
        return std::nullopt;
    }
    return tcp(host, *port);
}

std::optional<Cidr> read_cidr(const Node& value, Context& context) {
    const std::string_view text = value.text;
    const std::size_t slash = text.find('/');
    const auto ip = parse_ip(text.substr(0, slash));
    if (!ip) {
        context.report.error("bad-network", value.span, "`" + std::string(text) + "` is no IP address or network").fix =
            "10.0.0.0/8, 192.0.2.1 or 2001:db8::/32";
        return std::nullopt;
    }
    const std::uint64_t width = ip->v4 ? 32 : 128;
    const std::optional<std::uint64_t> bits =
        slash == std::string_view::npos ? width : parse_count(text.substr(slash + 1));
    if (!bits || *bits > width) {
        context.report.error("bad-network", value.span,
                             "the part after / is a number from 0 to " + std::to_string(width));
        return std::nullopt;
    }
    Cidr cidr{ip->bytes, static_cast<std::uint8_t>(*bits + (128 - width))};
    Cidr network = cidr;
    for (std::size_t bit = cidr.bits; bit < 128; ++bit) {
        network.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    }
    if (network.bytes != cidr.bytes) {
        std::array<char, INET6_ADDRSTRLEN> shown{};
        inet_ntop(ip->v4 ? AF_INET : AF_INET6, network.bytes.data() + (ip->v4 ? 12 : 0), shown.data(), shown.size());
        context.report.error("bad-network", value.span, "the address has bits set behind its /" + std::to_string(*bits))
            .fix = std::string(shown.data()) + "/" + std::to_string(*bits);
        return std::nullopt;
    }
    return cidr;
}

}  // namespace corsd::config
