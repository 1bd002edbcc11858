// From text to settings: forms, defaults, inheritance, places.
#include <cstdlib>

#include "accepted.hpp"
#include "catch.hpp"
#include "config/document.hpp"
#include "config/report.hpp"
#include "loading.hpp"

using namespace corsd::config;
namespace cors = corsd::cors;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the smallest useful file") {
    const Config config = good(R"(listen: 127.0.0.1:8080
upstream: http://127.0.0.1:5000
public_origin: http://localhost:8080
resources:
  /api/*:
    origins: [http://localhost:3000, https://yourapp.com]
    methods: [GET, POST, PUT, DELETE]
    allow_headers: [Content-Type, Authorization]
)");
    REQUIRE(config.listeners.size() == 1);
    CHECK(config.listeners[0].address.text == "127.0.0.1:8080");
    REQUIRE(config.upstreams.size() == 1);
    CHECK(config.upstreams[0].name == "default");
    CHECK(config.upstreams[0].endpoints.at(0).host == "127.0.0.1");
    CHECK(config.upstreams[0].endpoints.at(0).port == 5000);
    REQUIRE(config.sites.size() == 1);
    CHECK(config.sites[0].unnamed);
    CHECK(config.sites[0].public_origin == "http://localhost:8080");
    CHECK(config.sites[0].resources.at(0).governed.pattern == "/api/*");
    CHECK(origins(policy(config)) == Texts{"http://localhost:3000", "https://yourapp.com"});
    CHECK(policy(config).methods.names() == Texts{"GET", "POST", "PUT", "DELETE"});
    CHECK(policy(config).allow_headers.names() == Texts{"authorization", "content-type"});
}

TEST_CASE("C2: what a file does not say") {
    const Config config = good("resources:\n  /a: {}\n");
    CHECK(config.listeners.at(0).address.text == "127.0.0.1:8080");
    CHECK(config.upstreams.at(0).endpoints.at(0).text == "127.0.0.1:5000");
    const cors::PolicySource& source = policy(config);
    CHECK(source.origins.empty());
    CHECK(source.methods.names() == Texts{"GET", "HEAD", "POST"});
    CHECK(source.allow_headers.names().empty());
    CHECK(source.expose_headers.empty());
    CHECK(source.credentials == cors::Option::off);
    CHECK(source.max_age == seconds{600});
    CHECK(source.mode == cors::Mode::enforce);
    CHECK(source.cross_site_navigation == cors::CrossSiteNavigation::block);
    CHECK(source.preflight_status == 204);
    CHECK(source.upstream_headers == cors::UpstreamHeaders::replace);
    CHECK(source.forward_origin == cors::Option::on);
    for (const cors::Option option : {source.merge_expose, source.minimal_disclosure, source.devtools_hints,
                                      source.allow_private_network, source.timing_allow_origin}) {
        CHECK(option == cors::Option::off);
    }
    CHECK(config.threads == 0);
    CHECK(config.trusted_proxies.empty());
}

TEST_CASE("an empty file, and one of comments only, is a configuration of defaults") {
    CHECK(good("").sites.size() == 1);
    CHECK(good("# nothing yet\n").sites.size() == 1);
    CHECK(good("\xef\xbb\xbflisten: 127.0.0.1:1\n").listeners.at(0).address.port == 1);
    CHECK(good("listen: 127.0.0.1:1\r\nthreads: 2\r\n").threads == 2);
}

TEST_CASE("C1: every policy key is read") {
    const Config config = good(R"(resources:
  /a:
    origins: [https://a.example]
    methods: [PURGE]
    allow_headers: ["*", Authorization]
    expose_headers: [ETag, X-B]
    supports_credentials: true
    max_age: 90s
    mode: report-only
    cross_site_navigation: allow
    preflight_status: 200
    upstream_headers: keep
    merge_expose: true
    minimal_disclosure: true
    devtools_hints: true
    allow_private_network: true
    timing_allow_origin: true
    forward_origin: false
    dangerously_allow: []
)");
    const cors::PolicySource& source = policy(config);
    CHECK(origins(source) == Texts{"https://a.example"});
    CHECK(source.methods.names() == Texts{"PURGE"});
    CHECK(source.allow_headers.any());
    CHECK(source.allow_headers.names_authorization());
    CHECK(source.expose_headers == Texts{"ETag", "X-B"});
    CHECK(source.credentials == cors::Option::on);
    CHECK(source.max_age == seconds{90});
    CHECK(source.mode == cors::Mode::report_only);
    CHECK(source.cross_site_navigation == cors::CrossSiteNavigation::allow);
    CHECK(source.preflight_status == 200);
    CHECK(source.upstream_headers == cors::UpstreamHeaders::keep);
    CHECK(source.forward_origin == cors::Option::off);
    for (const cors::Option option : {source.merge_expose, source.minimal_disclosure, source.devtools_hints,
                                      source.allow_private_network, source.timing_allow_origin}) {
        CHECK(option == cors::Option::on);
    }
}

TEST_CASE("C1: outside in, and a list replaces the inherited one") {
    const Config config = good(R"(upstreams:
  u: {endpoints: ["http://127.0.0.1:5000"]}
defaults:
  origins: [https://top.example]
  methods: [GET]
  expose_headers: [ETag]
  max_age: null
  mode: headers
sites:
  - name: s
    public_origin: https://s.example
    defaults:
      origins: [https://site.example]
      credentials: true
    resources:
      /inherits: {}
      /own:
        origins: [https://own.example]
        credentials: false
        methods: [PUT]
        expose_headers: []
        max_age: 5
        mode: enforce
)");
    const cors::PolicySource& inherits = policy(config, 0);
    CHECK(origins(inherits) == Texts{"https://site.example"});
    CHECK(inherits.methods.names() == Texts{"GET"});
    CHECK(inherits.expose_headers == Texts{"ETag"});
    CHECK(inherits.credentials == cors::Option::on);
    CHECK_FALSE(inherits.max_age.has_value());
    CHECK(inherits.mode == cors::Mode::headers);
    const cors::PolicySource& own = policy(config, 1);
    CHECK(origins(own) == Texts{"https://own.example"});
    CHECK(own.methods.names() == Texts{"PUT"});
    CHECK(own.expose_headers.empty());
    CHECK(own.credentials == cors::Option::off);
    CHECK(own.max_age == seconds{5});
    CHECK(own.mode == cors::Mode::enforce);
    // C6: the same defaults, but nobody is admitted.
    const cors::PolicySource& unmatched = config.sites[0].unmatched.entries.at(0).source();
    CHECK(unmatched.origins.empty());
    CHECK(unmatched.methods.names() == Texts{"GET"});
    CHECK(unmatched.mode == cors::Mode::headers);
}

TEST_CASE("spans point at the values that decide, wherever they were inherited from") {
    const Config config = good(R"(defaults:
  origins: [https://a.example]
  allow_headers: [X-A]
resources:
  /a:
    methods: [GET]
)");
    const cors::PolicySource& source = policy(config);
    CHECK(source.span == corsd::SourceSpan{0, 5, 3, 2});
    CHECK(source.origins_span.line == 2);
    CHECK(source.origins_span.column == 12);
    CHECK(source.allow_headers_span.line == 3);
    CHECK(source.methods_span.line == 6);
    CHECK(config.sites[0].resources[0].governed.span == source.span);
    CHECK_FALSE(config.sites[0].unmatched.entries[0].source().origins_span.known());
}

TEST_CASE("C7: a list of entries, each with its methods") {
    const Config config = good(R"(defaults: {max_age: 1m}
resources:
  /a:
    - methods: [GET]
      origins: "*"
    - {methods: [POST, DELETE], origins: [https://a.example]}
)");
    REQUIRE(config.sites[0].resources.at(0).governed.entries.size() == 2);
    CHECK(policy(config, 0, 0).origins.any());
    CHECK(policy(config, 0, 0).span.line == 4);
    CHECK(policy(config, 0, 1).methods.names() == Texts{"POST", "DELETE"});
    CHECK(policy(config, 0, 1).max_age == seconds{60});
    CHECK(policy(config, 0, 1).span.line == 6);
}

TEST_CASE("C3: groups name groups, files hold lists") {
    World world;
    world.files["/etc/corsd/partners.txt"] =
        "\xef\xbb\xbf# partners\r\n\r\nhttps://one.example  # first\r\n\thttps://*.two.example\n";
    Loaded loaded = world.load(R"(groups:
  all: ["@web", "@file:partners.txt", https://x.example]
  web: [https://web.example, "http://localhost:*"]
resources:
  /a: {origins: ["@all", "~https://[a-z]+\\.preview\\.example"]}
  /b: {origins: ["@all"]}
  /c: {origins: ["@all"]}
)",
                               "/etc/corsd/corsd.yaml");
    INFO(rendered(loaded));
    REQUIRE(loaded.ok());
    const Texts all{"https://web.example", "http://localhost:*", "https://one.example", "https://*.two.example",
                    "https://x.example"};
    CHECK(origins(policy(*loaded.config, 1)) == all);
    CHECK(origins(policy(*loaded.config, 2)) == all);
    CHECK(policy(*loaded.config, 0).origins.patterns().size() == 6);
    CHECK(policy(*loaded.config, 1).origins_span.line == 6);
    CHECK(policy(*loaded.config, 2).origins_span.line == 7);
    REQUIRE(loaded.sources.size() == 2);
    CHECK(loaded.sources[1].name() == "/etc/corsd/partners.txt");
}

TEST_CASE("C3: groups that double themselves cost nothing") {
    std::string text = "groups:\n  g0: [https://a.example, https://b.example]\n";
    for (int i = 1; i < 30; ++i) {
        const std::string inner = "\"@g" + std::to_string(i - 1) + "\"";
        text += "  g" + std::to_string(i) + ": [" + inner + ", " + inner + "]\n";
    }
    const Config config = good(text + "resources:\n  /a: {origins: [\"@g29\"]}\n");
    CHECK(policy(config).origins.patterns().size() == 2);
}

TEST_CASE("\"null\" with its permission, \"*\" in each of its forms") {
    const Config config = good(R"(resources:
  /null: {origins: ["null"], dangerously_allow: [null_origin]}
  /scalar: {origins: "*", methods: "*", allow_headers: "*", expose_headers: "*"}
  /list: {origins: ["*"], methods: ["*"], allow_headers: ["*"], expose_headers: ["*"]}
hosts: "*"
)");
    CHECK(policy(config, 0).origins.allows_null());
    for (const std::size_t resource : {1U, 2U}) {
        CHECK(policy(config, resource).origins.any());
        CHECK(policy(config, resource).methods.any());
        CHECK(policy(config, resource).allow_headers.any());
        CHECK(policy(config, resource).expose_headers == Texts{"*"});
    }
    CHECK(config.sites[0].hosts == Texts{"*"});
}
