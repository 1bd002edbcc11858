// The change that explain offers, over generated configurations and requests: put into the file, it lets exactly that
// request pass. CORSD_SEED in the environment repeats a run.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <tuple>

#include "catch.hpp"
#include "explaining.hpp"

using namespace corsd;
using namespace corsd::cli::explained;

namespace {

using Names = std::vector<std::string>;

constexpr int kConfigurations = 150, kCases = 48, kChangesEach = 8;

/// What a file may say, in the ways that people write it.
class Author {
  public:
    explicit Author(unsigned seed) : random_(seed) {}

    [[nodiscard]] std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }
    [[nodiscard]] bool chance(std::size_t of) { return below(of) == 0; }
    template <class Value>
    [[nodiscard]] const Value& one_of(const std::vector<Value>& values) {
        return values[below(values.size())];
    }

    [[nodiscard]] std::string file() {
        std::string out = chance(4) ? "# a comment\n" : "";
        out += "listen: 127.0.0.1:8080\nupstream: http://127.0.0.1:5000\npublic_origin: https://api.test\n";
        if (chance(2)) out += "groups: {shops: [\"https://*.shop.test\", https://b.test]}\n";
        groups_ = out.find("groups") != std::string::npos;
        if (chance(2)) out += "defaults:\n" + block(policy(Methods::maybe), 2);
        out += "resources:\n";
        for (const char* pattern : {"/api/*", "/api/v1/*", "/users/*/photos", "/socket"}) {
            if (chance(4)) continue;
            out += std::string("  ") + pattern + ":" + resource();
        }
        return out + (chance(3) ? "  /last: {}\n" : "  /last: {methods: [GET]}  # the end\n");
    }

  private:
    enum class Methods { maybe, get, others };
    struct Key {
        std::string name;
        Names items;         // of a list
        std::string scalar;  // when there is no list
    };
    using Policy = std::vector<Key>;

    [[nodiscard]] Names some(const Names& all) {
        Names items;
        for (const std::string& item : all) {
            if (chance(3)) items.push_back(item);
        }
        return items;
    }

    [[nodiscard]] Key origins(const std::string& name) {
        if (name == "origins" && chance(6)) return {name, {}, "\"*\""};
        Names items = some({"https://a.test", "\"https://*.b.test\"", "http://localhost:3000",
                            "'~https://c[0-9]\\.test'", "https://a.test:8443"});
        if (groups_ && chance(3)) items.emplace_back("\"@shops\"");
        return {name, items, ""};
    }

    [[nodiscard]] Policy policy(Methods methods) {
        Policy keys;
        if (!chance(4)) keys.push_back(origins("origins"));
        if (methods == Methods::get) keys.push_back({"methods", {"GET"}, ""});
        if (methods == Methods::others) keys.push_back({"methods", {"POST", "DELETE"}, ""});
        if (methods == Methods::maybe && chance(2)) {
            Names names = some({"PUT", "POST", "DELETE"});
            names.emplace_back("GET");
            keys.push_back(chance(8) ? Key{"methods", {}, "\"*\""} : Key{"methods", names, ""});
        }
        if (chance(2)) {
            keys.push_back(chance(6) ? Key{"allow_headers", {}, "\"*\""}
                                     : Key{"allow_headers", some({"X-A", "Content-Type", "Authorization"}), ""});
        }
        if (chance(4)) keys.push_back({"credentials", {}, chance(3) ? "false" : "true"});
        if (chance(5)) keys.push_back(origins("websocket_origins"));
        if (chance(8)) keys.push_back({"mode", {}, chance(2) ? "headers" : "report-only"});
        if (chance(8)) keys.push_back({"devtools_hints", {}, "true"});
        if (chance(8)) keys.push_back({"upstream_headers", {}, "keep"});
        return keys;
    }

    [[nodiscard]] static std::string flow(const Names& items) {
        std::string out;
        for (const std::string& item : items)
            out += (out.empty() ? "" : ", ") + item;
        return "[" + out + "]";
    }

    [[nodiscard]] std::string value(const Key& key, std::size_t indent) {
        if (!key.scalar.empty()) return " " + key.scalar + (chance(6) ? "  # as agreed\n" : "\n");
        if (key.items.empty() || chance(2)) return " " + flow(key.items) + (chance(6) ? " # [see, above]\n" : "\n");
        if (chance(4)) {
            std::string lines = " [\n";
            for (const std::string& item : key.items)
                lines += std::string(indent + 4, ' ') + item + ",\n";
            return lines + std::string(indent + 2, ' ') + "]\n";
        }
        std::string lines = "\n";
        for (const std::string& item : key.items)
            lines += std::string(indent + 2, ' ') + "- " + item + (chance(5) ? "   # why\n" : "\n");
        return lines;
    }

    [[nodiscard]] std::string block(const Policy& policy, std::size_t indent) {
        if (policy.empty()) return std::string(indent, ' ') + "max_age: 5m\n";
        std::string out;
        for (const Key& key : policy)
            out += std::string(indent, ' ') + key.name + ":" + value(key, indent);
        return out;
    }

    [[nodiscard]] std::string resource() {
        if (chance(4)) {
            std::string first = block(policy(Methods::get), 6), second = block(policy(Methods::others), 6);
            first[4] = second[4] = '-';
            return "\n" + first + second;
        }
        const Policy keys = policy(Methods::maybe);
        if (!chance(3)) return "\n" + block(keys, 4);
        std::string out;
        for (const Key& key : keys)
            out += (out.empty() ? "" : ", ") + key.name + ": " + (key.scalar.empty() ? flow(key.items) : key.scalar);
        return " {" + out + "}\n";
    }

    std::mt19937 random_;
    bool groups_ = false;
};

Case some_case(Author& author) {
    Case asked;
    asked.request.origin =
        author.one_of(Names{"https://a.test", "https://x.b.test", "http://localhost:5173", "https://c1.test",
                            "https://evil.test", "http://plain.test", "null", "https://a.test/"});
    asked.request.url = "https://api.test" +
                        author.one_of(Names{"/api/x", "/api/v1/y", "/users/7/photos", "/socket", "/last", "/none"});
    asked.request.method = author.one_of(Names{"GET", "GET", "POST", "PUT", "DELETE", "PURGE", "patch"});
    for (const char* name : {"X-A", "X-B", "Authorization", "Content-Type"}) {
        if (author.chance(5)) asked.request.headers.push_back({name, "application/json"});
    }
    if (author.chance(12)) asked.request.headers.push_back({"X-HTTP-Method-Override", "DELETE"});
    if (author.chance(4)) asked.request.credentials = cors::CredentialsMode::include;
    if (author.chance(6)) asked.sender = Sender::websocket;
    return asked;
}

std::string shown(const Case& asked) {
    std::string out = (asked.sender == Sender::websocket ? "WebSocket " : asked.request.method + " ") +
                      asked.request.url + " from " + asked.request.origin;
    for (const cors::HeaderLine& line : asked.request.headers)
        out += ", " + line.name;
    return out + (asked.request.credentials == cors::CredentialsMode::include ? ", with credentials" : "");
}

bool allowed(const Case& asked, const Loaded& world) {
    return run(asked, Court(*world.snapshot)).outcome == Outcome::allowed;
}

/// What is wrong with it: an override is a method in another place.
using Wrong = std::set<std::pair<std::string, std::string>>;
Wrong wrong_with(const Case& asked, const Loaded& world) {
    Wrong all;
    for (const Problem& problem : all_problems(asked, *world.snapshot))
        all.emplace(problem.name == "override_not_allowed" ? "method_not_allowed" : problem.name, problem.culprit);
    return all;
}
std::string place_of(const Case& asked, const Loaded& world) {
    const Run one = run(asked, Court(*world.snapshot));
    const Hearing& hearing = *one.hearings.front();
    return hearing.resource->pattern.empty() ? asked.request.url : hearing.resource->pattern;
}

/// An offer is due for a plain mistake: an origin over https, a method, a header, where no credentials are in play.
bool is_plain(const Case& asked, const Wrong& wrong, const Loaded& world) {
    const Run one = run(asked, Court(*world.snapshot));
    const bool cookies = asked.request.credentials == cors::CredentialsMode::include ||
                         one.hearings.front()->inquiry.verdict.policy->with_credentials();
    // The method of an override may belong to another entry, where this request has no say.
    if (cors::get_header(asked.request.headers, "X-HTTP-Method-Override")) return false;
    for (const auto& [name, culprit] : wrong) {
        const bool fine = (name == "origin_not_allowed" && culprit.starts_with("https://")) ||
                          (name == "method_not_allowed" && culprit != "patch") || name == "header_not_allowed";
        if (!fine) return false;
    }
    return !cookies;
}

}  // namespace

TEST_CASE("a change that explain offers lets exactly that case pass") {
    const char* given = std::getenv("CORSD_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    std::printf("explain_change_test: seed %u\n", seed);
    Author author(seed);
    int loaded = 0, refused = 0, offered = 0, inexact = 0;
    while (loaded < kConfigurations) {
        const Loaded world(author.file());
        if (world.snapshot == nullptr) continue;
        ++loaded;
        std::vector<Case> cases;
        for (int i = 0; i < kCases; ++i)
            cases.push_back(some_case(author));
        int changes = 0;
        for (const Case& asked : cases) {
            if (changes == kChangesEach || allowed(asked, world)) continue;
            ++changes;
            ++refused;
            const Wrong wrong = wrong_with(asked, world);
            const ChangeFound found = smallest_change(asked, world.file);
            CAPTURE(seed, world.file.text, shown(asked), found.why_not);
            REQUIRE(found.change.has_value() == found.why_not.empty());
            REQUIRE((found.change || !is_plain(asked, wrong, world)));
            if (!found.change) continue;
            ++offered;
            const Loaded after(found.change->text);
            CAPTURE(found.change->text);
            REQUIRE(after.problems() == "");
            REQUIRE(allowed(asked, after));
            REQUIRE_FALSE(found.change->yaml.empty());
            for (const Case& other : cases) {
                const bool before = allowed(other, world), now = allowed(other, after);
                if (before == now) continue;
                CAPTURE(shown(other), before, now);
                Wrong its = wrong_with(other, world);
                // What is still wrong with it passes by its mode.
                for (const auto& still : wrong_with(other, after))
                    its.erase(still);
                // Who may use a resource may open WebSockets there, unless websocket_origins says otherwise.
                for (const auto& [name, culprit] : wrong) {
                    if (name == "origin_not_allowed") its.erase({"websocket_origin", culprit});
                }
                ++inexact;
                // What passes now had nothing wrong with it but what was wrong with this case, at the same place.
                REQUIRE(now);
                REQUIRE(place_of(other, world) == place_of(asked, world));
                REQUIRE(std::includes(wrong.begin(), wrong.end(), its.begin(), its.end()));
            }
        }
    }
    std::printf("explain_change_test: %d refused, %d changes, %d other cases with nothing else wrong\n", refused,
                offered, inexact);
    CHECK(refused > 500);
    CHECK(offered * 3 > refused);
}
