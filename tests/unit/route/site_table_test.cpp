#include "route/site_table.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace corsd::route;

TEST_CASE("N0: exact name, then longest wildcard, then every host, then the site without names") {
    const SiteTable table({{"api.test", {"www.api.test"}, false},
                           {"", {"*.api.test", "*.b.api.test"}, false},
                           {"", {"*.a.b.api.test"}, false},
                           {"", {}, false}});
    struct Row {
        const char* host;
        std::size_t site;
        HostMatch how;
    };
    const Row rows[] = {
        {"api.test", 0, HostMatch::public_origin}, {"www.api.test", 0, HostMatch::exact},
        {"x.api.test", 1, HostMatch::wildcard},    {"x.y.api.test", 1, HostMatch::wildcard},
        {"x.b.api.test", 1, HostMatch::wildcard},  {"x.a.b.api.test", 2, HostMatch::wildcard},
        {"a.b.api.test", 1, HostMatch::wildcard},  {".api.test", 3, HostMatch::fallback},
        {".x.api.test", 3, HostMatch::fallback},   {"xapi.test", 3, HostMatch::fallback},
        {"other.test", 3, HostMatch::fallback},    {"", 3, HostMatch::fallback},
        {"api.test.evil", 3, HostMatch::fallback},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        const SiteMatch match = table.match(row.host);
        CHECK(match.site == row.site);
        CHECK(match.how == row.how);
    }
}

TEST_CASE("N0: local names reach the only or the unnamed site, others get none") {
    const SiteTable only({{"api.test", {}, false}});
    for (const char* host : {"", "localhost", "x.localhost", "127.0.0.1", "10.0.0.1", "[::1]"}) {
        CAPTURE(host);
        CHECK(only.match(host).how == HostMatch::fallback);
        CHECK(only.match(host).site == 0);
    }
    CHECK(only.match("other.test").how == HostMatch::none);
    CHECK(only.match("1.2.3.test").how == HostMatch::none);
    CHECK(only.match("localhost.test").how == HostMatch::none);
    const SiteTable two({{"a.test", {}, false}, {"b.test", {}, false}});
    CHECK(two.match("127.0.0.1").how == HostMatch::none);
    CHECK(SiteTable().match("a.test").how == HostMatch::none);
}

TEST_CASE("N0: hosts: \"*\" is every host, but a name that is claimed goes first") {
    const SiteTable table({{"a.test", {"*"}, false}, {"b.test", {"127.0.0.1"}, false}});
    CHECK(table.match("x.test").how == HostMatch::any);
    CHECK(table.match("x.test").site == 0);
    CHECK(table.match("b.test").site == 1);
    CHECK(table.match("127.0.0.1").how == HostMatch::exact);
    CHECK(table.match("a.test").how == HostMatch::public_origin);
}

TEST_CASE("N0: what a site is said to answer for is what leads to it") {
    const std::vector<std::vector<SiteTable::Names>> tables{
        {{"api.test", {"www.api.test", "*.api.test", "*.b.api.test"}, false}, {"", {"*.b.test"}, false}},
        {{"api.test", {}, false}},
        {{"", {}, true}},
        {{"api.test", {}, false}, {"", {"*", "b.test"}, false}, {"", {}, false}},
        {{"api.test", {"b.test"}, false}, {"", {}, false}},
    };
    const auto covers = [](const std::string& name, const std::string& host) {
        if (name.substr(0, 2) != "*.") return name == host;
        const std::string tail = name.substr(1);
        return host.size() > tail.size() && host.compare(host.size() - tail.size(), tail.size(), tail) == 0;
    };
    for (const auto& names : tables) {
        const SiteTable table(names);
        for (const std::string host : {"api.test", "www.api.test", "x.api.test", "x.b.api.test", "b.test", "x.b.test",
                                       "other.test", "localhost", "a.localhost", "127.0.0.1", "[::1]", ""}) {
            std::vector<std::size_t> said;
            bool named = false;
            for (std::size_t site = 0; site < names.size(); ++site) {
                const std::vector<std::string> hosts = table.answers_of(site).hosts;
                if (std::any_of(hosts.begin(), hosts.end(), [&](const auto& name) { return covers(name, host); })) {
                    said.push_back(site);
                    named = true;
                }
            }
            for (std::size_t site = 0; site < names.size() && !named; ++site) {
                const SiteTable::Answers answers = table.answers_of(site);
                if (answers.other_hosts || (answers.local_hosts && is_local_name(host))) said.push_back(site);
            }
            CAPTURE(&names - tables.data(), host);
            const SiteMatch match = table.match(host);
            CHECK(said ==
                  (match.how == HostMatch::none ? std::vector<std::size_t>{} : std::vector<std::size_t>{match.site}));
        }
    }
    CHECK(SiteTable(tables[0]).answers_of(0).hosts ==
          std::vector<std::string>{"api.test", "www.api.test", "*.b.api.test", "*.api.test"});
}
