// Access-Control-Request-Headers (N17, N25, N26) against the same rules written down naively.
#include "cors/requested_headers.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "base/ascii.hpp"
#include "cors/making.hpp"
#include "input.hpp"

using namespace corsd;

namespace {

struct Expected {
    Reason reason = Reason::none;
    std::size_t requested = 0;
    std::string allowed;
};

Expected naive(const cors::PolicySource& source, const std::vector<std::string_view>& lines) {
    std::string joined;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        joined += (i == 0 ? "" : ",") + std::string{lines[i]};
    }
    Expected expected;
    if (lines.empty() || (lines.size() == 1 && ascii::trim_ows(joined).empty())) return expected;
    std::set<std::string> names;
    std::size_t empty = 0;
    bool refused = false;
    for (std::size_t begin = 0; begin <= joined.size();) {
        const std::size_t end = std::min(joined.find(',', begin), joined.size());
        std::string name{ascii::trim_ows(std::string_view{joined}.substr(begin, end - begin))};
        begin = end + 1;
        if (name.empty()) {
            ++empty;
            continue;
        }
        ++expected.requested;
        std::transform(name.begin(), name.end(), name.begin(), ascii::to_lower);
        refused = refused || !ascii::is_token(name) ||
                  !(source.allow_headers.lists(name) || (source.allow_headers.any() && name != "authorization"));
        names.insert(name);
    }
    if (joined.size() > 4096 || expected.requested > 128 || empty > 16) {
        expected.reason = Reason::headers_too_many;
        return expected;
    }
    if (refused) expected.reason = Reason::header_not_allowed;
    if (source.allow_headers.any() && source.credentials == cors::Option::off) {
        expected.allowed = names.empty() ? "" : source.allow_headers.names_authorization() ? "*, authorization" : "*";
        return expected;
    }
    for (const std::string& name : names) {
        expected.allowed += (expected.allowed.empty() ? "" : ", ") + name;
    }
    return expected;
}

std::vector<cors::Policy> policies() {
    std::vector<cors::Policy> made;
    for (const std::vector<std::string>& headers : std::vector<std::vector<std::string>>{
             {}, {"X-A", "Content-Type", "authorization"}, {"*"}, {"*", "Authorization"}}) {
        for (const auto credentials : {cors::Option::off, cors::Option::on}) {
            auto source = cors::making::source({"https://app.example"}, {"GET"}, headers);
            source.credentials = credentials;
            made.emplace_back(std::move(source));
        }
    }
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<cors::Policy> all = policies();
    static const auto scratch = std::make_unique<cors::Scratch>();
    std::string_view value = fuzz::text(data, size);
    const cors::Policy& policy = all[fuzz::choice(value) % all.size()];
    const std::vector<std::string_view> lines = fuzz::lines(value);
    const Expected expected = naive(policy.source(), lines);
    const auto found = cors::judge_requested_headers(policy, lines, *scratch);
    fuzz::require(found.reason == expected.reason, "the reason",
                  std::string{to_string(found.reason)} + " and not " + std::string{to_string(expected.reason)});
    if (expected.reason == Reason::none) {
        fuzz::require(found.requested == expected.requested, "how many were asked for");
        fuzz::require(found.allowed == expected.allowed, "the answer", std::string{found.allowed});
    }
    return 0;
}
