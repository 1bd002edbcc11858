// Whatever a file says, loading ends with a Config or with diagnostics, and never throws.
#include <random>

#include "catch.hpp"
#include "config/snapshot.hpp"
#include "loading.hpp"

using namespace corsd::config;

namespace {

const std::string kSeed = R"(listeners:
  - {name: main, address: "127.0.0.1:8080"}
upstreams:
  default: {endpoints: ["http://127.0.0.1:5000"], keepalive: {max_idle: 4, idle_timeout: 5s}}
public_origin: https://api.${DOMAIN:-example.com}
hosts: [b.example, "*.c.example"]
trusted_proxies: [10.0.0.0/8, "::1"]
groups:
  web: [https://app.example, "https://*.preview.example", "http://localhost:*", "@more"]
  more: ["~https://[a-z]+\\.dev\\.example", "@file:list.txt"]
defaults: {origins: ["@web"], max_age: 10m}
resources:
  /api/*: {methods: [GET, POST], allow_headers: [Content-Type, "X-${A}"], expose_headers: [ETag]}
  /users/*/photos:
    - methods: [GET]
      origins: "*"
    - methods: [PUT, DELETE]
      credentials: false
  ~/x/[0-9]+: {mode: report-only, preflight_status: 200, dangerously_allow: [null_origin]}
threads: 2
limits: {max_header_bytes: 32KiB}
timeouts: {idle: 60s}
log: {level: info, access: {only: all}}
)";

const std::vector<std::string> kPieces{"*",
                                       "@",
                                       "~",
                                       "${",
                                       "}",
                                       "[",
                                       "]",
                                       "{",
                                       "}",
                                       ": ",
                                       "\n",
                                       "  ",
                                       "\"",
                                       "'",
                                       "#",
                                       "&a",
                                       "*a",
                                       "!!str ",
                                       "---\n",
                                       "null",
                                       "-",
                                       "- ",
                                       "\\",
                                       "|\n",
                                       ">",
                                       ",",
                                       "?",
                                       "<<: ",
                                       "é",
                                       "\xff",
                                       "\t",
                                       "\r\n",
                                       "://",
                                       "%",
                                       "`",
                                       "0",
                                       "99999999999999999999",
                                       "${A}",
                                       "$$",
                                       std::string(1, '\0')};

std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
    };
    for (std::size_t round = 1 + below(4); round > 0 && !text.empty(); --round) {
        const std::size_t at = below(text.size());
        switch (below(5)) {
            case 0:
                text.insert(at, kPieces[below(kPieces.size())]);
                break;
            case 1:
                text.erase(at, 1 + below(6));
                break;
            case 2:
                text[at] = static_cast<char>(below(256));
                break;
            case 3:
                text.insert(at, text.substr(below(text.size()), 1 + below(40)));
                break;
            default:
                text.resize(at);
                break;
        }
    }
    return text;
}

}  // namespace

TEST_CASE("random mutations of a valid file load or are refused, and render") {
    World world;
    world.variables = {{"A", "Token"}};
    world.files = {{"list.txt", "https://p.example\n"}};
    REQUIRE(world.load(kSeed).ok());
    std::mt19937 random(20240607);  // NOLINT: repeatable on purpose
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = mutated(kSeed, random);
        CAPTURE(text);
        Loaded loaded;
        REQUIRE_NOTHROW(loaded = world.load(text));
        REQUIRE_NOTHROW(rendered(loaded));
        if (loaded.ok()) {
            REQUIRE_NOTHROW(Snapshot(std::move(*loaded.config)));
            ++accepted;
        } else {
            REQUIRE_FALSE(loaded.diagnostics.empty());
            ++refused;
        }
    }
    CHECK(accepted > 100);
    CHECK(refused > 1'000);
}
