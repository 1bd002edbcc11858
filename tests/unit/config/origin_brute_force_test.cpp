// What a configuration admits is what each of its patterns, taken at its word, admits: random lists with groups and
// files against expressions of the standard library, over origins that are, or nearly are, those of the patterns.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <regex>
#include <set>
#include <string>

#include "catch.hpp"
#include "loading.hpp"

using namespace corsd;
using namespace corsd::config;

namespace {

using Strings = std::vector<std::string>;

unsigned seed() {
    const char* given = std::getenv("CORSD_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

class Maker {
  public:
    explicit Maker(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }
    std::string pick(const Strings& from) { return from[below(from.size())]; }

    std::string host() {
        static const Strings kLabels = {"a", "b", "ab", "x-y", "c_d", "ex"};
        static const Strings kAddresses = {"127.0.0.1", "[::1]", "[2001:db8::1]", "localhost"};
        if (below(12) == 0) return pick(kAddresses);
        std::string host = pick({"ex", "test", "ex.", "co.uk"});
        for (auto more = below(3); more > 0; --more)
            host = pick(kLabels) + "." + host;
        return host;
    }
    std::string scheme() { return pick({"https", "https", "http", "app+x"}); }
    std::string port() { return pick({"", "", "", ":81", ":3000", ":65535"}); }
    std::string origin() { return scheme() + "://" + host() + port(); }

    std::string pattern() {
        const std::string host = this->host();
        const bool domain = host.find_first_of("[") == std::string::npos && host != "127.0.0.1";
        const std::size_t kind = below(10);
        if (kind == 0) return "~https?://(" + pick({"a", "b", "[a-c]+", "x-y|ab"}) + ")\\.ex(:\\d+)?";
        if (kind == 1) return "~" + scheme() + "://" + pick({"[^.]+\\.test", "a|https://b\\.ex", ".*\\.b\\.ex"});
        if (kind < 4) return scheme() + "://" + host + ":*";
        if (kind < 6 && domain) return scheme() + "://*." + host + pick({":*", "", port()});
        return scheme() + "://" + host + port();
    }

  private:
    std::mt19937 random_;
};

// The pattern as an ECMAScript expression over whole origins.
std::regex meaning(const std::string& pattern) {
    if (pattern == "*") return std::regex(".*");
    if (pattern[0] == '~') return std::regex(pattern.substr(1));
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern.compare(i, 5, "://*.") == 0) {
            text += "://([a-z0-9_-]+\\.)+";
            i += 4;
        } else if (pattern.compare(i, 2, ":*") == 0) {
            text += "(:[0-9]+)?";
            i += 1;
        } else {
            text +=
                std::string(std::string_view(".+[]").find(pattern[i]) != std::string::npos ? "\\" : "") + pattern[i];
        }
    }
    return std::regex(text);
}

/// Lists that use each other: `flat` is what a resource's list comes to.
struct Lists {
    std::string yaml;
    std::map<std::string, std::string> files;
    std::vector<Strings> flat;
};

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

Lists random_lists(Maker& make) {
    Lists lists;
    std::vector<Strings> groups;
    lists.yaml = "public_origin: https://api.test\ngroups:\n";
    for (std::size_t g = 0; g < 3; ++g) {
        Strings flat, written;
        for (auto left = 1 + make.below(3); left > 0; --left)
            flat.push_back(make.pattern());
        for (const std::string& one : flat)
            written.push_back(quoted(one));
        if (g > 0 && make.below(2) == 0) {  // an earlier group, whole
            const std::size_t other = make.below(g);
            written.push_back(quoted("@g" + std::to_string(other)));
            flat.insert(flat.end(), groups[other].begin(), groups[other].end());
        }
        lists.yaml += "  g" + std::to_string(g) + ": [";
        for (const std::string& one : written)
            lists.yaml += one + ", ";
        lists.yaml += "]\n";
        groups.push_back(flat);
    }
    Strings filed = {make.pattern(), make.pattern()};
    lists.files["list.txt"] = "# a list\n" + filed[0] + "\n\n  " + filed[1] + " # the second\n";
    groups.push_back(filed);
    lists.yaml += "resources:\n";
    for (std::size_t r = 0; r < 4; ++r) {
        Strings flat;
        lists.yaml += "  /r" + std::to_string(r) + ":\n    dangerously_allow: [null_origin]\n    origins: [";
        const auto own = make.below(6);
        for (std::size_t i = 0; i < own; ++i) {
            flat.push_back(make.pattern());
            lists.yaml += quoted(flat.back()) + ", ";
        }
        for (std::size_t g = 0; g < groups.size(); ++g) {
            if (make.below(3) != 0) continue;
            lists.yaml += quoted(g < 3 ? "@g" + std::to_string(g) : "@file:list.txt") + ", ";
            flat.insert(flat.end(), groups[g].begin(), groups[g].end());
        }
        if (make.below(3) == 0) {
            flat.push_back("null");
            lists.yaml += "'null', ";
        } else if (flat.empty() && make.below(2) == 0) {
            flat.push_back("*");
            lists.yaml += "'*'";
        }
        lists.yaml += "]\n";
        lists.flat.push_back(flat);
    }
    return lists;
}

void replace_first(std::string& text, std::string_view what, std::string_view with) {
    if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), with);
}

// Origins that are those of a pattern or nearly so.
void add_relatives(const std::string& pattern, std::set<std::string>& universe) {
    if (pattern[0] == '~' || pattern == "*" || pattern == "null") return;
    std::string base = pattern;
    if (base.ends_with(":*")) base.resize(base.size() - 2);
    for (const char* labels : {"", "q.", "q.r.", "q"}) {
        std::string one = base;
        replace_first(one, "*.", labels);
        for (const char* after : {"", ".", ":81", ":65535", ".evil.ex", "x"})
            universe.insert(one + after);
        const std::size_t host = one.find("://") + 3;
        universe.insert(one.substr(0, host) + "q." + one.substr(host));
        universe.insert(one.substr(0, host) + "q" + one.substr(host));
        universe.insert("http" + one.substr(host - 3));
        universe.insert("wss" + one.substr(host - 3));
        universe.insert(one.substr(0, one.size() - 1));
    }
}

}  // namespace

TEST_CASE("a random configuration admits what its patterns say, one by one") {
    const unsigned chosen = seed();
    WARN("seed " << chosen);
    Maker make(chosen);
    std::size_t admitted = 0, refused = 0;
    for (int round = 0; round < 60; ++round) {
        const Lists lists = random_lists(make);
        World world;
        world.files = lists.files;
        const Loaded loaded = world.load(lists.yaml);
        INFO(lists.yaml << lists.files.at("list.txt") << rendered(loaded));
        REQUIRE(loaded.ok());
        for (std::size_t r = 0; r < lists.flat.size(); ++r) {
            const cors::OriginSet& set =
                loaded.config->sites.front().resources[r].governed.entries.front().source().origins;
            std::vector<std::regex> meanings;
            std::set<std::string> universe;
            for (const std::string& pattern : lists.flat[r]) {
                if (pattern != "null") meanings.push_back(meaning(pattern));
                add_relatives(pattern, universe);
            }
            for (int i = 0; i < 40; ++i)
                universe.insert(make.origin());
            for (const std::string& text : universe) {
                const auto origin = cors::parse_origin(text);
                if (!origin) continue;  // N7: refused whatever the list
                const bool wanted = std::any_of(meanings.begin(), meanings.end(),
                                                [&](const std::regex& each) { return std::regex_match(text, each); });
                ++(wanted ? admitted : refused);
                if (set.admits(*origin) == wanted) continue;
                CAPTURE(r, text, wanted, lists.flat[r]);
                FAIL("admitted, or not, against its patterns");
            }
            const auto& flat = lists.flat[r];
            CHECK(set.allows_null() == (std::find(flat.begin(), flat.end(), "null") != flat.end()));
        }
    }
    CHECK(admitted > 3'000);
    CHECK(refused > 10'000);
}
