// Addresses of the configuration as the kernel takes them.
#pragma once

#include <optional>

#include "config/settings.hpp"
#include "net/socket_address.hpp"

namespace corsd::ops {

/// None for a host that is a name, for a path that is too long for a Unix socket, and for a socket that is passed.
[[nodiscard]] inline std::optional<net::SocketAddress> socket_address(const config::Address& address) {
    if (address.kind == config::AddressKind::unix_socket) return net::SocketAddress::unix_socket(address.path);
    if (address.kind == config::AddressKind::passed) return std::nullopt;
    return net::SocketAddress::ip(address.host, address.port);
}

}  // namespace corsd::ops
