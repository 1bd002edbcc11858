// The address of a socket: IPv4, IPv6 or Unix, as the kernel wants it and as people read it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace corsd::net {

class SocketAddress {
  public:
    SocketAddress() = default;
    SocketAddress(const sockaddr* address, socklen_t size) noexcept;

    /// An IP literal without brackets; nothing when it is none.
    [[nodiscard]] static std::optional<SocketAddress> ip(std::string_view literal, std::uint16_t port);
    /// Nothing when the path is too long for a socket address (107 bytes).
    [[nodiscard]] static std::optional<SocketAddress> unix_socket(std::string_view path);

    [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
    [[nodiscard]] const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
    [[nodiscard]] socklen_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// 16 bytes, IPv4 as ::ffff:a.b.c.d; all zero for Unix sockets.
    [[nodiscard]] std::array<std::uint8_t, 16> ip_bytes() const noexcept;
    /// "192.0.2.1", "2001:db8::1" (an IPv4-mapped address as IPv4), "unix".
    [[nodiscard]] std::string host_text() const;
    /// "192.0.2.1:80", "[2001:db8::1]:80", "unix:/path".
    [[nodiscard]] std::string text() const;

  private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

}  // namespace corsd::net
