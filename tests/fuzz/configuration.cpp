// load_text (C1 to C10): a file is either a configuration that serves, or has errors that can be shown; never anything
// else.
#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "cors/decide.hpp"
#include "input.hpp"

using namespace corsd;

namespace {

config::Environment environment() {
    return {[](std::string_view name) -> std::optional<std::string> {
                if (name == "DOMAIN") return "app.example";
                return std::nullopt;
            },
            [](const std::string& path, std::string& error) -> std::optional<std::string> {
                if (path.find("list") != std::string::npos)
                    return "https://listed.example # one\nhttps://*.listed.example\n";
                error = "no such file";
                return std::nullopt;
            }};
}

void ask(const config::Snapshot& snapshot) {
    const auto found = snapshot.match("api.example");
    if (found.site == nullptr) return;
    cors::Scratch scratch;
    for (const std::string_view path : {"/", "/api/foo", "/users/7/photos"}) {
        const auto match = found.site->match(path);
        fuzz::require(match.governed != nullptr && !match.governed->entries.empty(), "every path has a policy");
        for (const std::string_view origin : {"https://app.example", "https://evil.example", "null", "HTTPS://x"}) {
            cors::Question question;
            question.method = "OPTIONS";
            question.origin = {origin};
            question.request_method = {"PUT"};
            question.request_headers = {"content-type"};
            const auto verdict = cors::decide(*match.governed, question, scratch);
            fuzz::require(verdict.policy != nullptr, "a verdict names its policy");
            if (!verdict.grants.allow_origin.empty()) {
                fuzz::require(verdict.grants.allow_origin == "*" ? !verdict.grants.allow_credentials
                                                                 : verdict.grants.allow_origin == origin,
                              "a grant is for the origin that asked, or for all without credentials");
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const config::Environment around = environment();
    auto loaded = config::load_text(std::string{fuzz::text(data, size)}, "corsd.yaml", around);
    bool errors = false;
    for (const auto& diagnostic : loaded.diagnostics) {
        errors = errors || diagnostic.severity == config::Severity::error;
        fuzz::require(!diagnostic.code.empty() && !diagnostic.message.empty(), "a diagnostic says what is wrong");
        fuzz::require(!config::render(diagnostic, loaded.sources).empty(), "a diagnostic can be shown");
        fuzz::require(config::render_line(diagnostic, loaded.sources).find('\n') == std::string::npos,
                      "its short form is one line", diagnostic.message);
    }
    fuzz::require(loaded.ok() != errors, "a file is good, or has errors");
    if (loaded.ok()) ask(config::Snapshot{std::move(*loaded.config)});
    return 0;
}
