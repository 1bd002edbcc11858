#include "net/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace corsd::net {

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) noexcept
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
    std::memcpy(&storage_, address, size_);
}

std::optional<SocketAddress> SocketAddress::ip(std::string_view literal, std::uint16_t port) {
    const std::string text{literal};
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return SocketAddress{reinterpret_cast<const sockaddr*>(&v4), sizeof v4};
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return SocketAddress{reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
    }
    return std::nullopt;
}

std::optional<SocketAddress> SocketAddress::unix_socket(std::string_view path) {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    return SocketAddress{reinterpret_cast<const sockaddr*>(&address),
                         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1)};
}

std::uint16_t SocketAddress::port() const noexcept {
    if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
    if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
    return 0;
}

std::array<std::uint8_t, 16> SocketAddress::ip_bytes() const noexcept {
    std::array<std::uint8_t, 16> bytes{};
    if (family() == AF_INET) {
        bytes[10] = bytes[11] = 0xff;
        std::memcpy(&bytes[12], &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, 4);
    } else if (family() == AF_INET6) {
        std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, 16);
    }
    return bytes;
}

std::string SocketAddress::host_text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text.data(), text.size());
        return text.data();
    }
    if (family() == AF_INET6) {
        const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&address)) {
            ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
        } else {
            ::inet_ntop(AF_INET6, &address, text.data(), text.size());
        }
        return text.data();
    }
    return "unix";
}

std::string SocketAddress::text() const {
    if (family() == AF_UNIX) {
        const auto* address = reinterpret_cast<const sockaddr_un*>(&storage_);
        return size_ > offsetof(sockaddr_un, sun_path) ? "unix:" + std::string{address->sun_path} : "unix";
    }
    const std::string host = host_text();
    const std::string port_text = std::to_string(port());
    return host.find(':') == std::string::npos ? host + ":" + port_text : "[" + host + "]:" + port_text;
}

}  // namespace corsd::net
