#include <boost/asio/error.hpp>
#include <cerrno>
#include <set>
#include <string>

#include "catch.hpp"
#include "net/io_result.hpp"
#include "net/socket_address.hpp"

using namespace corsd::net;

TEST_CASE("IP addresses as text and bytes") {
    struct Row {
        const char *literal, *host, *text;
        std::array<std::uint8_t, 16> bytes;
    };
    const Row row = GENERATE(
        Row{"192.0.2.1", "192.0.2.1", "192.0.2.1:80", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}},
        Row{"2001:db8::1", "2001:db8::1", "[2001:db8::1]:80", {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
        // A client of IPv4 on an IPv6 listener: people know it by its IPv4 address.
        Row{"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1:80", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}});
    const auto address = SocketAddress::ip(row.literal, 80);
    REQUIRE(address);
    CHECK(address->port() == 80);
    CHECK(address->host_text() == row.host);
    CHECK(address->text() == row.text);
    CHECK(address->ip_bytes() == row.bytes);
    const SocketAddress copy{address->data(), address->size()};
    CHECK(copy.text() == row.text);
}

TEST_CASE("what is no IP address") {
    for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "[::1]", "::1%lo", "1.2.3.4:80", "256.0.0.1"}) {
        INFO(text);
        CHECK_FALSE(SocketAddress::ip(text, 80));
    }
}

TEST_CASE("Unix sockets") {
    const auto address = SocketAddress::unix_socket("/run/x.sock");
    REQUIRE(address);
    CHECK(address->family() == AF_UNIX);
    CHECK(address->text() == "unix:/run/x.sock");
    CHECK(address->host_text() == "unix");
    CHECK(address->port() == 0);
    CHECK(address->ip_bytes() == std::array<std::uint8_t, 16>{});
    CHECK(SocketAddress::unix_socket(std::string(107, 'x')));
    CHECK_FALSE(SocketAddress::unix_socket(std::string(108, 'x')));
    CHECK_FALSE(SocketAddress::unix_socket(""));
    // A client's end has no name.
    const sockaddr unnamed{AF_UNIX, {}};
    CHECK(SocketAddress(&unnamed, sizeof(sa_family_t)).text() == "unix");
}

TEST_CASE("errors of the system as outcomes") {
    const std::pair<int, IoError> rows[] = {{0, IoError::none},
                                            {ECONNRESET, IoError::reset},
                                            {EPIPE, IoError::reset},
                                            {ECONNABORTED, IoError::reset},
                                            {ETIMEDOUT, IoError::timed_out},
                                            {ECONNREFUSED, IoError::refused},
                                            {ENOENT, IoError::refused},
                                            {EHOSTUNREACH, IoError::unreachable},
                                            {EADDRNOTAVAIL, IoError::unreachable},
                                            {EMFILE, IoError::exhausted},
                                            {ENOBUFS, IoError::exhausted},
                                            {EBADF, IoError::cancelled},
                                            {EACCES, IoError::other}};
    for (const auto& [code, outcome] : rows) {
        INFO(code);
        CHECK(io_error_from_errno(code) == outcome);
        CHECK(io_error(boost::system::error_code(code, boost::system::system_category())) == outcome);
    }
    CHECK(io_error(boost::asio::error::eof) == IoError::eof);
    CHECK(io_error(boost::asio::error::operation_aborted) == IoError::cancelled);
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(IoError::other); ++i)
        words.insert(to_string(static_cast<IoError>(i)));
    CHECK(words.size() == static_cast<std::size_t>(IoError::other) + 1);
}
