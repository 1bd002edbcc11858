// Redirects and exposed headers: what a page may follow and read is what decide() grants at every hop.
#include <algorithm>
#include <map>
#include <string>

#include "asked_page.hpp"
#include "catch.hpp"

using namespace corsd::cors;

namespace {

using Names = std::vector<std::string>;

const std::string kPage = "https://a.test";

struct Site {
    std::string origin, host;
    Names allowed;
    Option credentials = Option::off;
    Governed governed;

    Site(std::string its_origin, Names who, Option with)
        : origin(std::move(its_origin)), host(origin.substr(8)), allowed(std::move(who)), credentials(with) {
        PolicySource source = making::source(allowed, {"GET", "POST", "PUT"}, {"X-A"});
        source.credentials = with;
        source.expose_headers = {"X-Total"};
        governed = making::governed(std::move(source));
    }
    /// In words as plain as they get.
    [[nodiscard]] bool admits(const std::string& asking, CredentialsMode mode) const {
        bool listed = false;
        for (const std::string& one : allowed)
            listed = listed || one == "*" || one == asking;
        return listed && (mode == CredentialsMode::omit || credentials == Option::on);
    }
};

struct Chain {
    std::vector<const Site*> hops;  // all but the last redirect to the next
    std::uint16_t status = 302;
};

PageResult follow(const Chain& chain, const PageRequest& page, std::size_t& at_upstream) {
    Scratch scratch;
    std::size_t hop = 0;
    return fetch(page, [&](const WireRequest& wire) {
        const Site& site = *chain.hops.at(hop);
        making::Ask ask = making::question_of(wire);
        ask.question.own.host = site.host;
        const Verdict verdict = decide(site.governed, ask.question, scratch);
        WireResponse upstream{200, {{"X-Total", "1"}, {"X-Secret", "1"}}};
        if (verdict.action == Action::forward) {
            ++at_upstream;
            if (hop + 1 < chain.hops.size()) {
                upstream = {chain.status, {{"Location", chain.hops[hop + 1]->origin + "/" + std::to_string(hop + 1)}}};
                ++hop;
            }
        }
        return making::answer_of(verdict, upstream);
    });
}

// The Origin that is sent at each hop: null after it left one foreign origin for another.
bool may_read(const Chain& chain, const PageRequest& page, std::size_t& reached) {
    std::string asking = page.origin;
    reached = 0;
    for (std::size_t hop = 0; hop < chain.hops.size(); ++hop) {
        if (hop > 0 && chain.hops[hop]->origin != chain.hops[hop - 1]->origin) asking = "null";
        if (!chain.hops[hop]->admits(asking, page.credentials)) {
            // Without credentials at the site the request goes and stays unread; a foreign origin's goes nowhere.
            const bool listed = chain.hops[hop]->admits(asking, CredentialsMode::omit);
            const bool to_get = hop > 0 && chain.status == 303;
            if (listed && (page.method == "GET" || to_get)) ++reached;
            return false;
        }
        ++reached;
    }
    return true;
}

}  // namespace

TEST_CASE("a redirect is followed as far as every site on the way admits who comes") {
    std::vector<Site> firsts, seconds;
    for (const Names& allowed : {Names{kPage}, Names{"*"}, Names{"null"}, Names{"https://b.test"}}) {
        for (const Option credentials : {Option::off, Option::on}) {
            if (credentials == Option::on && (allowed == Names{"*"} || allowed == Names{"null"})) continue;
            firsts.emplace_back("https://api.test", allowed, credentials);
            seconds.emplace_back("https://far.test", allowed, credentials);
        }
    }
    std::map<bool, std::size_t> ends;
    for (const Site& first : firsts) {
        for (const Site& second : seconds) {
            for (const std::vector<const Site*>& hops :
                 {std::vector<const Site*>{&first, &first}, {&first, &second}, {&first, &second, &first}}) {
                for (const std::uint16_t status : {std::uint16_t{302}, std::uint16_t{303}, std::uint16_t{307}}) {
                    for (const char* method : {"GET", "PUT"}) {
                        for (const CredentialsMode mode : {CredentialsMode::omit, CredentialsMode::include}) {
                            const Chain chain{hops, status};
                            const PageRequest page{kPage, "https://api.test/x", method, {}, mode};
                            std::size_t reached = 0, wanted = 0;
                            const PageResult result = follow(chain, page, reached);
                            const bool readable = may_read(chain, page, wanted);
                            CAPTURE(first.allowed, second.allowed, hops.size(), hops[1]->origin, status, method,
                                    static_cast<int>(mode), static_cast<int>(result.outcome));
                            if ((result.outcome == PageOutcome::readable && result.status == 200) != readable)
                                FAIL("readable, or not, against the sites' policies");
                            if (reached != wanted) FAIL(reached << " requests arrived instead of " << wanted);
                            if (readable) CHECK(result.visible_headers == Names{"x-total"});
                            ++ends[readable];
                        }
                    }
                }
            }
        }
    }
    CHECK(ends[true] > 30);
    CHECK(ends[false] > 1'000);
}

TEST_CASE("a script reads the exposed headers, those of the safelist, and no others") {
    const std::vector<Names> lists = {
        {}, {"X-Total"}, {"x-TOTAL", "X-Missing"}, {"Content-Type"}, {"*"}, {"X-Secret", "X-Total"}};
    const HeaderLines answer = {{"X-Total", "1"},        {"X-Secret", "1"},     {"Content-Type", "a/b"},
                                {"Content-Length", "2"}, {"ETag", "\"1\""},     {"Cache-Control", ""},
                                {"Set-Cookie", "a=b"},   {"Last-Modified", "x"}};
    for (const Names& exposed : lists) {
        for (const Names& origins : {Names{kPage}, Names{"*"}}) {
            for (const CredentialsMode mode : {CredentialsMode::omit, CredentialsMode::include}) {
                PolicySource source = making::source(origins);
                const bool star = exposed == Names{"*"};
                const bool with = origins != Names{"*"} && !star;  // section 2 refuses both with credentials
                source.credentials = with ? Option::on : Option::off;
                source.expose_headers = exposed;
                const Governed governed = making::governed(std::move(source));
                Scratch scratch;
                const PageResult result =
                    fetch({kPage, "https://api.test/x", "GET", {}, mode}, [&](const WireRequest& wire) {
                        const making::Ask ask = making::question_of(wire);
                        return making::answer_of(decide(governed, ask.question, scratch), {200, answer});
                    });
                CAPTURE(exposed, origins, static_cast<int>(mode));
                const bool readable = mode == CredentialsMode::omit || with;
                REQUIRE((result.outcome == PageOutcome::readable) == readable);
                if (!readable) continue;
                Names wanted = {"cache-control", "content-length", "content-type", "last-modified"};
                const auto names = [&](const char* name) {
                    for (const std::string& one : exposed)
                        if (HeaderSet({one}).lists(name)) return true;
                    return star;
                };
                for (const char* name : {"etag", "x-secret", "x-total"})
                    if (names(name)) wanted.emplace_back(name);
                Names seen = result.visible_headers;
                // What "*" shows besides is the grants themselves.
                seen.erase(std::remove_if(seen.begin(), seen.end(),
                                          [](const std::string& name) { return name.starts_with("access-control-"); }),
                           seen.end());
                std::sort(wanted.begin(), wanted.end());
                CHECK(seen == wanted);
            }
        }
    }
}
