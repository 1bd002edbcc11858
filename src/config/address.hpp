// Addresses as configurations write them: where to listen, where an upstream is, which networks are trusted.
#pragma once

#include <array>
#include <optional>

#include "config/expand.hpp"
#include "config/settings.hpp"

namespace corsd::config {

/// host:port, [::]:port, unix:/path or fd:NAME. A problem is reported at the value.
[[nodiscard]] std::optional<Address> read_listen_address(const Node& value, Context& context);
/// http://host[:port] or unix:/path.
[[nodiscard]] std::optional<Address> read_endpoint(const Node& value, Context& context);
/// 10.0.0.0/8, 192.0.2.1, 2001:db8::/32.
[[nodiscard]] std::optional<Cidr> read_cidr(const Node& value, Context& context);

/// An IP literal without brackets as 16 bytes, IPv4 as ::ffff:a.b.c.d.
struct IpLiteral {
    std::array<std::uint8_t, 16> bytes{};
    bool v4 = false;
};
[[nodiscard]] std::optional<IpLiteral> parse_ip(std::string_view text) noexcept;

}  // namespace corsd::config
