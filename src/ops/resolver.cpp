#include "ops/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "ops/errands.hpp"
#include "ops/socket_address.hpp"
#include "telemetry/log.hpp"

namespace corsd::ops {

namespace {

/// How soon a name is asked for again that has never resolved.
constexpr std::chrono::seconds kUnknown{1};

[[nodiscard]] std::vector<std::string> texts_of(const std::vector<net::SocketAddress>& addresses) {
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const net::SocketAddress& address : addresses)
        texts.push_back(address.text());
    std::sort(texts.begin(), texts.end());  // servers turn the order around to spread the load
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
}

}  // namespace

NameAnswer ask_system(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    NameAnswer answer;
    if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
        answer.error = ::gai_strerror(error);
        return answer;
    }
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
        answer.addresses.emplace_back(each->ai_addr, each->ai_addrlen);
    ::freeaddrinfo(found);
    return answer;
}

/// One name: at most one query at a time, each on a thread of its own that nobody waits for.
class Resolver::Name {
  public:
    Name(Resolver& resolver, std::size_t endpoint, boost::asio::io_context& io, NameQuery query)
        : resolver_(resolver), endpoint_(endpoint), query_(std::move(query)), timer_(io.get_executor()), errands_(io) {}

    void ask() {
        if (errands_.ended()) return;
        const config::Address& address = resolver_.upstream_.endpoints[endpoint_];
        try {
            errands_.send([this, query = query_, host = address.host, port = address.port]() -> Errands::Report {
                return [this, answer = query(host, port)] { answered(answer); };
            });
        } catch (const std::system_error& error) {
            answered({{}, error.what()});
        }
    }
    void close() noexcept {
        errands_.end();
        timer_.cancel();
    }

    [[nodiscard]] bool asked() const noexcept { return asked_; }
    [[nodiscard]] std::string_view host() const noexcept { return resolver_.upstream_.endpoints[endpoint_].host; }
    void append(std::vector<proxy::EndpointAddress>& all) const {
        for (const net::SocketAddress& address : addresses_)
            all.push_back({endpoint_, address});
    }

  private:
    void answered(const NameAnswer& answer) {
        const bool first = !std::exchange(asked_, true);
        bool changed = false;
        if (answer.addresses.empty()) {
            if (!std::exchange(complained_, true)) complain(answer.error);
        } else {
            complained_ = false;
            std::vector<std::string> texts = texts_of(answer.addresses);
            changed = texts != texts_;
            texts_ = std::move(texts);
            if (changed) addresses_ = answer.addresses;
        }
        if (first || changed) resolver_.publish();
        timer_.expires_after(addresses_.empty() ? kUnknown : resolver_.upstream_.refresh);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) ask();
        });
    }
    void complain(const std::string& error) const {
        telemetry::log_write(telemetry::Level::warn, "upstream " + resolver_.upstream_.name + ": the name " +
                                                         std::string(host()) + " does not resolve: " + error +
                                                         (addresses_.empty() ? "" : "; its last addresses stay"));
    }

    Resolver& resolver_;
    std::size_t endpoint_;
    NameQuery query_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        timer_;
    Errands errands_;
    std::vector<net::SocketAddress> addresses_;
    std::vector<std::string> texts_;  // of them, sorted, to tell what has changed
    bool asked_ = false, complained_ = false;
};

Resolver::Resolver(boost::asio::io_context& io, const config::UpstreamDefinition& upstream, Found found,
                   NameQuery query)
    : upstream_(upstream), found_(std::move(found)) {
    for (std::size_t i = 0; i < upstream_.endpoints.size(); ++i) {
        const config::Address& endpoint = upstream_.endpoints[i];
        if (const auto address = socket_address(endpoint)) {
            literal_.push_back({i, *address});
        } else if (endpoint.kind == config::AddressKind::tcp) {
            names_.push_back(std::make_unique<Name>(*this, i, io, query));
        }
    }
}

Resolver::~Resolver() = default;

void Resolver::start() {
    if (!literal_.empty() || names_.empty()) publish();
    for (const auto& name : names_)
        name->ask();
}

void Resolver::stop() noexcept {
    for (const auto& name : names_)
        name->close();
}

std::string_view Resolver::unanswered() const noexcept {
    for (const auto& name : names_)
        if (!name->asked()) return name->host();
    return {};
}

/// Empty is said only when all names were asked for: until then requests wait.
void Resolver::publish() {
    std::vector<proxy::EndpointAddress> all = literal_;
    for (const auto& name : names_)
        name->append(all);
    if (!all.empty() || unanswered().empty()) found_(all);
}

}  // namespace corsd::ops
