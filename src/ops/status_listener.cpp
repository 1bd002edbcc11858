#include "ops/status_listener.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "config/address.hpp"

namespace corsd::ops {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kMostConnections = 64;
constexpr std::uint32_t kMostHeadBytes = 16 * 1024;
/// For a whole request, from the end of the one before it: scrapers keep their connection for the next round.
constexpr std::chrono::seconds kRequestTime{75};
constexpr std::chrono::seconds kAnswerTime{15};

[[nodiscard]] HostCheck check_for(const config::Address& address) noexcept {
    if (address.kind != config::AddressKind::tcp) return HostCheck::none;
    const auto ip = config::parse_ip(address.host);
    const bool loopback = ip && (ip->v4 ? ip->bytes[12] == 127 : address.host == "::1");
    return loopback ? HostCheck::local_names : HostCheck::none;
}

[[nodiscard]] std::string_view view(beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

}  // namespace

/// One client. Kept alive by the operation that it waits for; in the listener's list until it is closed.
class StatusListener::Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Protocol = boost::asio::generic::stream_protocol;
    using Socket = boost::asio::basic_stream_socket<Protocol, boost::asio::io_context::executor_type>;

    Connection(StatusListener& owner, Socket socket) : owner_(&owner), stream_(std::move(socket)) {}

    void read() {
        parser_.emplace();
        parser_->header_limit(kMostHeadBytes);
        stream_.expires_after(kRequestTime);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (error) return self->close();
                                    self->answer();
                                });
    }

    void close() {
        error_code ignored;
        stream_.socket().shutdown(Socket::shutdown_both, ignored);
        stream_.socket().close(ignored);
        if (std::exchange(listed_, false)) owner_->connections_.erase(place_);
    }

    void list() {
        place_ = owner_->connections_.insert(owner_->connections_.end(), shared_from_this());
        listed_ = true;
    }
    /// The listener is gone.
    void abandon() {
        listed_ = false;
        close();
    }

  private:
    void answer() {
        if (!listed_) return close();  // the listener went while this was on its way
        owner_->connections_.splice(owner_->connections_.end(), owner_->connections_, place_);
        const auto& request = parser_->get();
        const StatusQuestion question{view(request.method_string()), view(request.target()),
                                      view(request[http::field::host])};
        StatusAnswer answer = answer_status(question, owner_->source_, owner_->check_);
        // A body is not read: nobody has a reason to send one. What is behind it is then not understood.
        keep_ = request.keep_alive() && !request.has_content_length() && !request.chunked();
        response_ = {};
        response_.result(answer.status);
        response_.version(request.version());
        response_.keep_alive(keep_);
        response_.set(http::field::content_type,
                      beast::string_view(answer.content_type.data(), answer.content_type.size()));
        response_.set(http::field::cache_control, "no-store");
        response_.set("X-Content-Type-Options", "nosniff");
        if (!answer.allow.empty()) {
            response_.set(http::field::allow, beast::string_view(answer.allow.data(), answer.allow.size()));
        }
        response_.content_length(answer.body.size());
        if (request.method() != http::verb::head) response_.body() = std::move(answer.body);
        stream_.expires_after(kAnswerTime);
        http::async_write(stream_, response_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (error || !self->keep_) return self->close();
            self->read();
        });
    }

    StatusListener* owner_;  // valid while listed
    beast::basic_stream<Protocol, boost::asio::io_context::executor_type> stream_;
    beast::flat_buffer buffer_{kMostHeadBytes};
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> response_;
    Connections::iterator place_;
    bool listed_ = false;
    bool keep_ = false;
};

StatusListener::StatusListener(boost::asio::io_context& io, config::Address address, StatusSource source)
    : io_(io),
      listener_{"status", std::move(address), {}},
      source_(std::move(source)),
      check_(check_for(listener_.address)),
      acceptor_(io, listener_, 0,
                {[] { return true; }, [this](proxy::Accepted accepted) { take(std::move(accepted)); }}) {}

StatusListener::~StatusListener() {
    acceptor_.close();
    for (const auto& connection : std::exchange(connections_, {}))
        connection->abandon();
}

std::string StatusListener::open() {
    return acceptor_.open();
}

void StatusListener::start() {
    acceptor_.start();
}

void StatusListener::take(proxy::Accepted accepted) {
    if (connections_.size() >= kMostConnections) {
        const auto quietest = connections_.front();
        quietest->close();
    }
    Connection::Socket socket(io_.get_executor());
    error_code error;
    socket.assign(boost::asio::generic::stream_protocol(accepted.peer.family(), 0), accepted.descriptor.get(), error);
    if (error) return;
    (void)accepted.descriptor.release();
    const auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connection->list();
    connection->read();
}

}  // namespace corsd::ops
