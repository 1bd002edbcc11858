#include "ops/resolver.hpp"

#include <utility>

#include "telemetry/log.hpp"

namespace corsd::ops {

namespace {
constexpr std::chrono::seconds kRefresh{30};
constexpr std::chrono::seconds kUnknown{1};
}  // namespace

Resolver::Resolver(boost::asio::io_context& io, const config::Address& endpoint, Found found)
    : endpoint_(endpoint), found_(std::move(found)), resolver_(io.get_executor()), timer_(io.get_executor()) {}

void Resolver::start() {
    if (endpoint_.kind == config::AddressKind::unix_socket) {
        if (const auto address = net::SocketAddress::unix_socket(endpoint_.path)) found_({*address});
        return;
    }
    if (const auto address = net::SocketAddress::ip(endpoint_.host, endpoint_.port)) {
        found_({*address});
        return;
    }
    ask();
}

void Resolver::stop() noexcept {
    stopped_ = true;
    resolver_.cancel();
    timer_.cancel();
}

void Resolver::ask() {
    const auto flags = Tcp::resolver::numeric_service;
    resolver_.async_resolve(
        endpoint_.host, std::to_string(endpoint_.port), flags,
        [this](const boost::system::error_code& error, const Tcp::resolver::results_type& results) {
            if (error == boost::asio::error::operation_aborted || stopped_) return;
            std::vector<net::SocketAddress> addresses;
            std::vector<std::string> texts;
            if (!error) {
                for (const auto& result : results) {
                    const Tcp::endpoint address = result.endpoint();
                    addresses.emplace_back(address.data(), static_cast<socklen_t>(address.size()));
                    texts.push_back(addresses.back().text());
                }
            }
            if (!addresses.empty()) {
                complained_ = false;
                if (texts != known_) {
                    known_ = std::move(texts);
                    found_(std::move(addresses));
                }
            } else if (!std::exchange(complained_, true)) {
                telemetry::log_write(telemetry::Level::warn,
                                     "the upstream's name " + endpoint_.host + " does not resolve: " + error.message());
            }
            ask_again();
        });
}

void Resolver::ask_again() {
    timer_.expires_after(known_.empty() ? kUnknown : kRefresh);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !stopped_) ask();
    });
}

}  // namespace corsd::ops
