// From text to settings: long forms, tuning, files, what is shipped.
#include <cstdlib>
#include <filesystem>

#include "accepted.hpp"
#include "catch.hpp"
#include "config/document.hpp"
#include "config/report.hpp"
#include "loading.hpp"

using namespace corsd::config;
namespace cors = corsd::cors;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("long forms of listeners, upstreams and sites") {
    const Config config = good(R"(listeners:
  - {name: public, address: "[::]:8443"}
  - address: unix:/run/corsd/http.sock
  - address: fd:http
upstreams:
  api: {endpoints: ["http://app"], pass_host: false, keepalive: {max_idle: 5, idle_timeout: 1500ms}}
  sock: {endpoints: ["unix:/run/gunicorn.sock"]}
  six: {endpoints: ["http://[::1]:5000"]}
sites:
  - name: one
    hosts: [one.example, "*.one.example"]
    public_origin: https://one.example
    upstream: sock
    resources:
      /a: {}
      /b: {upstream: api}
      /c:
        - {methods: [GET], upstream: six}
        - {methods: [POST]}
  - name: two
    public_origin: https://two.example:8443
    upstream: six
)");
    CHECK(config.listeners.at(0).name == "public");
    CHECK(config.listeners[0].address.host == "::");
    CHECK(config.listeners[0].address.port == 8443);
    CHECK(config.listeners[0].address.text == "[::]:8443");
    CHECK(config.listeners.at(1).address.kind == AddressKind::unix_socket);
    CHECK(config.listeners[1].address.path == "/run/corsd/http.sock");
    CHECK(config.listeners.at(2).address.kind == AddressKind::passed);
    CHECK(config.listeners[2].address.name == "http");
    CHECK(config.upstreams.at(0).endpoints.at(0).text == "app:80");
    CHECK(config.upstreams[0].pass_host == PassHost::endpoint);
    CHECK(config.upstreams[0].max_idle == 5);
    CHECK(config.upstreams[0].idle_timeout == milliseconds{1500});
    CHECK(config.upstreams.at(1).endpoints.at(0).path == "/run/gunicorn.sock");
    CHECK(config.upstreams.at(2).endpoints.at(0).host == "::1");
    REQUIRE(config.sites.size() == 2);
    CHECK_FALSE(config.sites[0].unnamed);
    CHECK(config.sites[0].hosts == Texts{"one.example", "*.one.example"});
    CHECK(config.sites[0].upstream == 1);
    CHECK(config.sites[0].resources.at(0).upstream == 1);
    CHECK(config.sites[0].resources.at(1).upstream == 0);
    CHECK(config.sites[0].resources.at(2).upstream == 2);
    CHECK(config.sites[1].upstream == 2);
    CHECK(config.sites[1].resources.empty());
}

TEST_CASE("with several upstreams the unnamed site takes the one called default") {
    const Config config =
        good("upstreams:\n  a: {endpoints: [\"http://a\"]}\n  default: {endpoints: [\"http://b\"]}\n");
    CHECK(config.sites.at(0).upstream == 1);
}

TEST_CASE("limits, timeouts, paths, headers, log, threads, proxies") {
    const Config config = good(R"(threads: 4
trusted_proxies: [10.0.0.0/8, 192.0.2.1, "2001:db8::/32"]
limits:
  max_connections: 1
  max_connections_per_address: 2
  max_requests_per_connection: 3
  max_header_bytes: 64KiB
  max_header_fields: 5
  max_target_bytes: 6KiB
  max_body_bytes: 7GiB
timeouts: {header: 1s, body: 2s, write: 3s, idle: 4m, connect: 5ms, response: 6s, stream: 7h, drain: 0}
min_rate: 2KiB
paths: {encoded_slash: keep, double_slashes: merge, parameters: refuse}
headers: {underscores: reject, forwarded: rfc7239, trust_forwarded_host: true}
status: {listen: "[::]:9321"}
log: {level: debug, format: json, output: /var/log/corsd.log, access: {enabled: false, only: refused, redact_query: [key]}}
)");
    CHECK(config.threads == 4);
    REQUIRE(config.trusted_proxies.size() == 3);
    CHECK(config.trusted_proxies[0].bits == 96 + 8);
    CHECK(config.trusted_proxies[1].bits == 128);
    CHECK(config.trusted_proxies[2].bits == 32);
    CHECK(config.limits.max_connections == 1);
    CHECK(config.limits.max_connections_per_address == 2);
    CHECK(config.limits.max_requests_per_connection == 3);
    CHECK(config.limits.max_header_bytes == 64 * 1024);
    CHECK(config.limits.max_header_fields == 5);
    CHECK(config.limits.max_target_bytes == 6 * 1024);
    CHECK(config.limits.max_body_bytes == 7ULL << 30U);
    CHECK(config.timeouts.header == milliseconds{1'000});
    CHECK(config.timeouts.body == milliseconds{2'000});
    CHECK(config.timeouts.write == milliseconds{3'000});
    CHECK(config.timeouts.idle == milliseconds{240'000});
    CHECK(config.timeouts.connect == milliseconds{5});
    CHECK(config.timeouts.response == milliseconds{6'000});
    CHECK(config.timeouts.stream == milliseconds{25'200'000});
    CHECK(config.timeouts.drain == milliseconds{0});
    CHECK(config.min_rate == 2048);
    CHECK(config.paths.encoded_slash == corsd::route::EncodedSlash::keep);
    CHECK(config.paths.double_slashes == corsd::route::DoubleSlashes::merge);
    CHECK(config.paths.parameters == corsd::route::PathParameters::refuse);
    CHECK(config.headers.underscores == Underscores::reject);
    CHECK(config.headers.forwarded == ForwardedStyle::rfc7239);
    CHECK(config.headers.trust_forwarded_host == TrustForwardedHost::yes);
    REQUIRE(config.status.listen);
    CHECK(config.status.listen->text == "[::]:9321");
    CHECK_FALSE(good("status: {listen: \"\"}").status.listen);
    CHECK_FALSE(good("status: {}").status.listen);
    CHECK(good("status: {listen: unix:/run/corsd/status.sock}").status.listen->path == "/run/corsd/status.sock");
    CHECK(config.log.level == "debug");
    CHECK(config.log.format == LogFormat::json);
    CHECK(config.log.output == "/var/log/corsd.log");
    CHECK(config.log.access == AccessEnabled::no);
    CHECK(config.log.only == AccessOnly::refused);
    CHECK(config.log.redact_query == Texts{"key"});
}

TEST_CASE("what is right beside what is wrong") {
    // Near misses of section 2: each of these is allowed.
    const Loaded loaded = World{}.load(R"(resources:
  /a:
    origins:
      - https://a.ex.
      - https://under_score.example
      - https://127.0.0.1
      - "https://[2001:db8::1]:8443"
      - https://*.app.example:*
      - "chrome-extension://abcdefghijklmnop"
      - "~https://[a-z]{2,5}\\.example\\.com"
    methods: [GET, purge, X-METHOD]
    allow_headers: [X-Secure, Proxied, Accept]
    expose_headers: [Set-Cookies, Originator]
  /b: {max_age: -1}
  /c: {max_age: 24h}
  /d: {max_age: 0}
  /e/*/f: {origins: ["https://*.example.co.uk", "https://*.corp"], credentials: true}
  ~/x/[0-9]+: {}
)");
    INFO(rendered(loaded));
    CHECK(loaded.ok());
}

TEST_CASE("load_file: a file that cannot be read is one line without a place") {
    const Loaded loaded = load_file("/nowhere/corsd.yaml", system_environment());
    CHECK_FALSE(loaded.ok());
    CHECK(rendered(loaded) ==
          "/nowhere/corsd.yaml: error[file]: cannot read the configuration: No such file or directory\n");
    CHECK(has_code(load_file("/", system_environment()), "file"));
}

TEST_CASE("the system environment reads variables and files") {
    const Environment environment = system_environment();
    CHECK(environment.variable("PATH") == std::optional<std::string>(std::getenv("PATH")));
    CHECK_FALSE(environment.variable("CORSD_NO_SUCH_VARIABLE_HERE").has_value());
    std::string error;
    CHECK(environment.read_file(std::string(CORSD_SOURCE_DIR) + "/CMakeLists.txt", error).has_value());
}

TEST_CASE("a file over the bound is refused before it is parsed") {
    const Loaded loaded = World{}.load(std::string(kMaxDocumentBytes + 1, '#'));
    CHECK(rendered(loaded) == "corsd.yaml: error[file-too-large]: the file is larger than 16 MiB\n");
}

TEST_CASE("every file that is shipped is accepted") {
    const std::string folder = std::string(CORSD_SOURCE_DIR) + "/config/";
    std::vector<std::string> names{"corsd.yaml", "quickstart.yaml"};
    for (const auto& file : std::filesystem::directory_iterator(folder + "examples")) {
        if (file.path().extension() == ".yaml") names.push_back("examples/" + file.path().filename().string());
    }
    CHECK(names.size() > 10);
    for (const std::string& name : names) {
        const Loaded loaded = load_file(folder + name, system_environment());
        INFO(rendered(loaded));
        CHECK(loaded.ok());
        CHECK(loaded.diagnostics.empty());
    }
}

TEST_CASE("quick_config is a file that loads") {
    const std::string text =
        quick_config("http://127.0.0.1:5000", {"https://a.example", "~https://x$"}, "127.0.0.1:9000");
    const Config config = good(text);
    CHECK(config.listeners.at(0).address.port == 9000);
    CHECK(config.upstreams.at(0).endpoints.at(0).port == 5000);
    CHECK(origins(policy(config)) == Texts{"https://a.example", "~https://x$"});
    CHECK(good(quick_config("unix:/run/x.sock", {"*"}, "")).listeners.at(0).address.port == 8080);
    // What a shell hands over never becomes syntax.
    CHECK(has_code(World{}.load(quick_config("http://a\"\\${X}", {}, "")), "bad-address"));
    CHECK(has_code(World{}.load(quick_config("http://a\nlisten: x", {}, "")), "control-character"));
}
