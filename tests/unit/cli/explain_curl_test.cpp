// Pasted curl commands: words as a shell makes them, options as curl takes them, nothing run.
#include "cli/explain_curl.hpp"
#include "catch.hpp"

using namespace corsd::cli::explained;
using Names = std::vector<std::string>;

namespace {

Names words(std::string_view text) {
    return shell_words(text).words;
}

Wanted wanted(std::string_view command) {
    CurlRead read = read_curl(command);
    INFO(read.problem);
    REQUIRE(read.wanted);
    return *read.wanted;
}

std::string problem(std::string_view command) {
    return read_curl(command).problem;
}

}  // namespace

TEST_CASE("words of a shell") {
    CHECK(words("curl  a\tb ") == Names{"curl", "a", "b"});
    CHECK(words("a'b c'\"d e\"f") == Names{"ab cd ef"});
    CHECK(words("'' \"\" x") == Names{"", "", "x"});
    CHECK(words(R"(a\ b "c\"d\\e\$f\n" 'g\h')") == Names{"a b", "c\"d\\e$f\\n", "g\\h"});
    CHECK(words("curl \\\n  a \\\r\n  b") == Names{"curl", "a", "b"});
    CHECK(words("\"a\\\nb\"") == Names{"ab"});
    CHECK(words("\n\ncurl a\ncurl b") == Names{"curl", "a"});
    CHECK(words(R"($'it\'s \u00e9\x41\101\n\\\"\u20AC\U0001F600')") == Names{"it's \u00e9AA\n\\\"\u20ac\U0001F600"});
    CHECK(words("$5 a$ $") == Names{"$5", "a$", "$"});
    for (const char* end : {"; rm -rf x", "| sh", "& x", "> /etc/passwd", "< in", "&& x", "(x)"}) {
        const Words split = shell_words("curl a " + std::string(end));
        CHECK(split.words == Names{"curl", "a"});
        CHECK(split.notes.size() == 1);
    }
    CHECK(shell_words("curl \"$TOKEN\" $TOKEN").notes.size() == 1);
    for (const char* broken : {"curl 'a", "curl \"a", "curl $'a", "curl $(id)", "curl `id`", "curl $'\\"}) {
        CAPTURE(broken);
        CHECK(shell_words(broken).words.empty());
        CHECK_FALSE(shell_words(broken).problem.empty());
    }
}

TEST_CASE("options of curl") {
    CHECK(wanted("curl https://a.test/x").method == "GET");
    CHECK(wanted("curl -XPUT https://a.test/x").method == "PUT");
    CHECK(wanted("/usr/bin/curl -sSX DELETE --url https://a.test/x").method == "DELETE");
    CHECK(wanted("curl -I https://a.test/x").method == "HEAD");
    CHECK(wanted("curl -T f https://a.test/x").method == "PUT");
    CHECK(wanted("curl a.test/x").url == "http://a.test/x");
    CHECK(wanted("curl https://a.test/x -H 'X-A: 1' -H X-B: -H 'X-C;' -HX-D:4").headers ==
          Names{"X-A: 1", "X-C: ", "X-D: 4"});

    const Wanted form = wanted("curl https://a.test/x -d a=1 -d b=2");
    CHECK(form.method == "POST");
    CHECK(form.headers == Names{"Content-Type: application/x-www-form-urlencoded"});
    CHECK(wanted("curl https://a.test/x -d a -H 'content-type: text/plain'").headers ==
          Names{"content-type: text/plain"});
    CHECK(wanted("curl https://a.test/x --json '{}'").headers ==
          Names{"Content-Type: application/json", "Accept: application/json"});
    CHECK(wanted("curl https://a.test/x -F f=@x").headers == Names{"Content-Type: multipart/form-data"});
    const Wanted query = wanted("curl -G https://a.test/x -d a=1 --data-urlencode b=2");
    CHECK(query.method == "GET");
    CHECK(query.url == "https://a.test/x?a=1&b=2");
    CHECK(query.headers.empty());

    CHECK(wanted("curl -b a=b -A agent -e https://r.test/ https://a.test/x").headers ==
          Names{"Cookie: a=b", "User-Agent: agent", "Referer: https://r.test/"});
    CHECK(wanted("curl -u me:secret https://a.test/x").headers == Names{"Authorization: Basic (of -u)"});

    const CurlRead odd = read_curl("curl --frob -q https://a.test/x https://b.test/ --next https://c.test");
    REQUIRE(odd.wanted);
    CHECK(odd.wanted->url == "https://a.test/x");
    CHECK(odd.notes.size() == 4);
    CHECK(read_curl("curl https://a.test/x --compressed -kLsv -o /dev/null -m 5").notes.empty());

    CHECK(problem("curl") == "the curl command names no URL");
    CHECK(problem("curl https://a.test -H") == "curl's -H wants a value");
    CHECK(problem("") == "the command does not begin with curl");
    CHECK(problem("curly https://a.test") == "the command does not begin with curl");
}
