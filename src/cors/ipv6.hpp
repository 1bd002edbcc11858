// IPv6 addresses as text: any spelling in, the one of RFC 5952 section 4 out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace corsd::cors {

using Ipv6Pieces = std::array<std::uint16_t, 8>;

/// RFC 4291 section 2.2, all three forms, any case; without brackets and without zone id.
[[nodiscard]] std::optional<Ipv6Pieces> parse_ipv6(std::string_view text) noexcept;

/// The canonical spelling, in hexadecimal throughout as URLs write it (URL standard, "IPv6 serializer").
class Ipv6Text {
  public:
    explicit Ipv6Text(const Ipv6Pieces& pieces) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

  private:
    void append(std::uint16_t piece) noexcept;

    std::array<char, 40> text_{};
    std::size_t size_ = 0;
};

/// ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
[[nodiscard]] bool is_ipv4_mapped(const Ipv6Pieces& pieces) noexcept;

}  // namespace corsd::cors
