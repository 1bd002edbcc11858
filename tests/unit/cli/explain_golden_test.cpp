// The whole text of explanations: golden/explain/NAME.txt is what `corsd explain` says of a request to
// golden/explain/corsd.yaml. CORSD_UPDATE_GOLDEN=1 in the environment writes them anew; read the difference before you
// keep it.
#include <cstdlib>
#include <filesystem>
#include <set>

#include "catch.hpp"
#include "explaining.hpp"

using namespace corsd::cli::explained;
using corsd::cors::CredentialsMode;

namespace {

const std::string kFolder = std::string(CORSD_SOURCE_DIR) + "/tests/unit/cli/golden/explain/";
const std::string kApp = "https://app.test";
constexpr auto kInclude = CredentialsMode::include;

struct Asked {
    std::string name;
    Wanted wanted;
    Outcome outcome;
};

Wanted page(std::string origin, std::string url, std::string method = "GET", std::vector<std::string> headers = {}) {
    return {std::move(url), std::move(origin), std::move(method), std::move(headers), std::nullopt, Sender::page};
}

Wanted with_credentials(Wanted wanted) {
    wanted.credentials = kInclude;
    return wanted;
}

std::vector<Asked> all_asked() {
    const Outcome yes = Outcome::allowed, no = Outcome::refused;
    return {
        {"origin_not_allowed", page("https://evil.test", "/api/x"), no},
        {"port_differs", page("http://localhost:5173", "/api/x"), no},
        {"scheme_differs", page("http://app.test", "/api/x"), no},
        {"origin_trailing_slash", page("https://app.test/", "/api/x", "DELETE"), no},
        {"origin_malformed", page("app.test", "/api/x"), no},
        {"null", page("null", "/api/x"), no},
        {"null_with_credentials", with_credentials(page("null", "/tokens/x")), no},
        {"method", page(kApp, "/api/x", "DELETE"), no},
        {"method_case", page(kApp, "/api/x", "patch"), no},
        {"method_simple", page(kApp, "/api/x", "POST"), no},
        {"method_of_no_entry", page("https://partner.test", "/split/x", "PUT"), no},
        {"header", page(kApp, "/api/x", "PUT", {"X-Trace: 1", "Cookie: a=b", "Content-Type: application/json"}), no},
        {"header_inherited", page(kApp, "/tokens/x", "GET", {"X-Trace: 1"}), no},
        {"override", page(kApp, "/open/x", "POST", {"X-HTTP-Method-Override: PURGE ALL"}), no},
        {"override_allowed_after", page(kApp, "/split/x", "GET", {"X-HTTP-Method: DELETE"}), no},
        {"everything_at_once",
         with_credentials(page("http://localhost:5173", "/api/x", "DELETE", {"X-A: 1", "X-B: 2"})), no},
        {"credentials", with_credentials(page(kApp, "/headers/x")), no},
        {"credentials_with_any", with_credentials(page(kApp, "/open/x")), no},
        {"credentials_over_http", with_credentials(page("http://app.test", "/tokens/x")), no},
        {"websocket", page("https://www.app.test", "wss://api.test/socket"), no},
        {"websocket_allowed", page(kApp, "wss://api.test/socket"), yes},
        {"websocket_without_origin", page("", "wss://api.test/room"), no},
        {"unknown_path", page(kApp, "/elsewhere", "PUT"), no},
        {"unknown_host", page(kApp, "https://other.test/api/x"), no},
        {"same_origin", page("https://api.test", "/api/x", "DELETE"), yes},
        {"simple_allowed", page(kApp, "/api/x"), yes},
        {"preflight_allowed", page(kApp, "/api/x", "PUT", {"Content-Type: application/json"}), yes},
        {"open_allowed", page("https://anyone.test", "/open/x", "PURGE"), yes},
        {"report_only", page("https://evil.test", "/watched/x"), Outcome::would_refuse},
        {"report_only_allowed", page(kApp, "/watched/x"), yes},
        {"mode_headers_origin", page("https://evil.test", "/headers/x"), no},
        {"mode_headers_method", page(kApp, "/headers/x", "POST"), yes},
        {"hints", page(kApp, "/hints/x", "DELETE"), no},
        {"hints_headers", page(kApp, "/hints/x", "GET", {"X-B: 1", "X-A: 1"}), no},
        {"upstream_headers_keep", page(kApp, "/own/x"), yes},
        {"ambiguous_path", page(kApp, "/api/a%2fb"), no},
        {"path_backslash", page(kApp, "/api/a%5Cb"), no},
        {"forbidden_method", page(kApp, "/api/x", "TRACE"), Outcome::nothing_is_sent},
        {"program", page("", "/api/x", "DELETE"), yes},
        {"program_without_origin", page("", "/api/x", "POST", {"Sec-Fetch-Site: cross-site"}), no},
        {"navigation", page("", "/forms", "POST", {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}), yes},
    };
}

}  // namespace

TEST_CASE("explain says everything, in order") {
    const Loaded loaded(read_whole(kFolder + "corsd.yaml"));
    REQUIRE(loaded.problems() == "");
    const bool update = std::getenv("CORSD_UPDATE_GOLDEN") != nullptr;
    std::set<std::string> names{"corsd"};
    for (const Asked& asked : all_asked()) {
        CAPTURE(asked.name);
        names.insert(asked.name);
        CaseRead read = case_of(asked.wanted, loaded.snapshot->config());
        REQUIRE(read.problem == "");
        const Explanation story = explain_case(std::move(*read.found), *loaded.snapshot, loaded.file);
        CHECK(story.run.outcome == asked.outcome);
        const std::string got = explanation_text(story, loaded.loaded.sources), path = kFolder + asked.name + ".txt";
        if (update) std::ofstream(path, std::ios::binary) << got;
        CHECK(got == read_whole(path));
    }
    for (const auto& file : std::filesystem::directory_iterator(kFolder))
        CHECK(names.count(file.path().stem().string()) == 1);
}

TEST_CASE("addresses are taken as a browser sends them") {
    const Loaded loaded(read_whole(kFolder + "corsd.yaml"));
    const auto sent = [&](const std::string& url) {
        CaseRead read = case_of(page(kApp, url), loaded.snapshot->config());
        INFO(read.problem);
        REQUIRE(read.found);
        return read.found->request.url;
    };
    CHECK(sent("/api/x?a=b#f") == "https://api.test/api/x?a=b");
    CHECK(sent("/a/./b/../c") == "https://api.test/a/c");
    CHECK(sent("/a/%2E%2e/../x/..") == "https://api.test/");
    CHECK(sent("/a/b/.") == "https://api.test/a/b/");
    CHECK(sent("/...//.a/%2f") == "https://api.test/...//.a/%2f");
    CHECK(sent("/a b/\"\xc3\xbc?c d'{") == "https://api.test/a%20b/%22%C3%BC?c%20d%27{");
    CHECK(sent("HTTPS://API.test:443/\\a") == "https://api.test//a");
    CHECK(sent("https://api.test") == "https://api.test/");
    const CaseRead named = case_of(page(kApp, "https://me:pw@api.test/x"), loaded.snapshot->config());
    REQUIRE(named.found);
    CHECK(run(*named.found, Court(*loaded.snapshot)).outcome == Outcome::nothing_is_sent);
}
