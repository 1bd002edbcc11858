#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/diagnostics.hpp"
#include "config/load.hpp"
#include "ops/socket_address.hpp"

namespace corsd::cli {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

/// In all. Docker's and Kubernetes' own limits are longer, or should be.
constexpr std::chrono::seconds kPatience{3};
constexpr std::size_t kMostBody = 4096;

/// The address that a listener there is reached at from this machine.
[[nodiscard]] config::Address reached_at(config::Address address) {
    if (address.host == "0.0.0.0") address.host = "127.0.0.1";
    if (address.host == "::") address.host = "::1";
    return address;
}

/// One question and its answer, within kPatience.
class Inquiry {
  public:
    explicit Inquiry(const net::SocketAddress& address)
        : endpoint_(address.data(), address.size()), socket_(io_.get_executor()) {
        request_.method(http::verb::get);
        request_.target("/readyz");
        request_.version(11);
        request_.set(http::field::host, "localhost");
        request_.set(http::field::user_agent, "corsd-health/" CORSD_VERSION);
        request_.keep_alive(false);
        parser_.body_limit(kMostBody);
    }

    /// Empty when it is ready; else why not, in one line.
    [[nodiscard]] std::string run() {
        socket_.async_connect(endpoint_, [this](const error_code& error) {
            if (error) return fail("cannot connect: ", error);
            http::async_write(socket_, request_, [this](const error_code& failed, std::size_t) {
                if (failed) return fail("cannot ask: ", failed);
                read();
            });
        });
        io_.run_for(kPatience);
        return done_ ? verdict_ : "no answer within " + std::to_string(kPatience.count()) + " s";
    }

  private:
    void read() {
        http::async_read(socket_, buffer_, parser_, [this](const error_code& error, std::size_t) {
            if (error) return fail("no answer: ", error);
            done_ = true;
            const auto& answer = parser_.get();
            if (answer.result() == http::status::ok) return;
            verdict_ = answer.body().substr(0, answer.body().find('\n'));
            if (verdict_.empty()) verdict_ = "status " + std::to_string(answer.result_int());
        });
    }
    void fail(const char* what, const error_code& error) {
        done_ = true;
        verdict_ = what + error.message();
    }

    asio::io_context io_{1};
    asio::generic::stream_protocol::endpoint endpoint_;
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type> socket_;
    http::request<http::empty_body> request_;
    boost::beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
    std::string verdict_;
    bool done_ = false;
};

}  // namespace

int health(const std::string& file) {
    const config::Loaded loaded = config::load_file(file, config::system_environment());
    if (!loaded.ok()) {
        print_diagnostics(loaded);
        return kFailure;  // also this is not healthy: who asks looks at 0 and 1 alone
    }
    const auto& listen = loaded.config->status.listen;
    if (!listen) {
        std::fprintf(stderr,
                     "corsd health: %s has no status listener to ask; add status: {listen: \"127.0.0.1:9321\"}\n",
                     file.c_str());
        return kFailure;
    }
    const auto address = ops::socket_address(reached_at(*listen));
    const std::string problem = address ? Inquiry(*address).run() : "not an address";
    if (problem.empty()) {
        std::printf("%s: ready\n", listen->text.c_str());
        return kSuccess;
    }
    std::fprintf(stderr, "corsd health: %s: %s\n", listen->text.c_str(), problem.c_str());
    return kFailure;
}

}  // namespace corsd::cli
