#include "cli/policy_cases.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/edit_distance.hpp"
#include "base/reason.hpp"
#include "base/wording.hpp"
#include "config/document.hpp"

namespace corsd::cli {

namespace {

using config::Node;
using config::Report;

constexpr std::array<std::string_view, 9> kKeys{"origin",    "method", "path",   "headers", "credentials",
                                                "websocket", "expect", "reason", "title"};
/// Refusals of a policy, or of a request that no policy gets to see.
constexpr std::array kReasons{Reason::origin_malformed,   Reason::origin_null,          Reason::origin_not_allowed,
                              Reason::origin_missing,     Reason::origin_repeated,      Reason::method_not_allowed,
                              Reason::header_not_allowed, Reason::headers_too_many,     Reason::override_not_allowed,
                              Reason::websocket_origin,   Reason::unknown_host,         Reason::path_ambiguous,
                              Reason::bad_request,        Reason::header_too_large,     Reason::target_too_long,
                              Reason::not_implemented,    Reason::version_not_supported};
/// What the browser refuses for itself; explain has the same name for it.
constexpr std::string_view kNoCredentials = "credentials_not_allowed";

template <class Words>
[[nodiscard]] std::string nearest(std::string_view word, const Words& words) {
    for (const auto& known : words) {
        if (is_near(word, known)) return "did you mean " + in_backquotes(known) + "?";
    }
    return {};
}

[[nodiscard]] std::vector<std::string_view> reasons() {
    std::vector<std::string_view> names{kNoCredentials};
    for (const Reason reason : kReasons)
        names.push_back(to_string(reason));
    return names;
}

/// One case of the file.
class CaseReader {
  public:
    CaseReader(const Node& node, const config::Config& config, Report& report)
        : node_(node), config_(config), report_(report) {}

    [[nodiscard]] std::optional<PolicyCase> read() {
        for (const config::Entry& entry : node_.entries) {
            if (std::find(kKeys.begin(), kKeys.end(), entry.key) != kKeys.end()) continue;
            fail("unknown-key", entry.key_span, in_backquotes(entry.key) + " is no key of a case").fix =
                nearest(entry.key, kKeys);
        }
        explained::Wanted wanted;
        wanted.url = text("path");
        wanted.origin = origin();
        wanted.method = text("method");
        wanted.headers = headers();
        wanted.credentials = credentials();
        if (word("websocket", {"true", "false"}) == "true") wanted.sender = explained::Sender::websocket;
        PolicyCase out;
        out.title = text("title");
        out.place = node_.span;
        const std::string expected = word("expect", {"allowed", "refused"});
        out.expected = expected == "refused" ? Expected::refused : Expected::allowed;
        read_reason(out);
        require("path");
        require("expect");
        if (!good_) return std::nullopt;
        explained::CaseRead made = explained::case_of(wanted, config_);
        if (!made.found) {
            fail("bad-case", node_.span, std::move(made.problem));
            return std::nullopt;
        }
        out.asked = std::move(*made.found);
        if (out.title.empty()) out.title = title_of(out.asked);
        return out;
    }

  private:
    [[nodiscard]] static std::string title_of(const explained::Case& asked) {
        const std::string what = asked.sender == explained::Sender::websocket ? "WebSocket" : asked.request.method;
        const std::string& origin = asked.request.origin;
        return what + " " + asked.request.url + (origin.empty() ? " without a page" : " from " + origin);
    }

    config::Diagnostic& fail(std::string_view code, const SourceSpan& place, std::string message) {
        good_ = false;
        return report_.error(code, place, std::move(message));
    }

    void require(std::string_view key) {
        if (node_.find(key) != nullptr) return;
        fail("missing-key", node_.span, "a case needs " + in_backquotes(key));
    }

    /// The value of a key as text; empty when it is not given.
    [[nodiscard]] std::string text(std::string_view key) {
        const config::Entry* entry = node_.find(key);
        if (entry == nullptr || entry->value.kind == Node::Kind::broken) return {};
        if (entry->value.kind == Node::Kind::scalar && !entry->value.text.empty()) return entry->value.text;
        fail("wrong-type", entry->value.span.known() ? entry->value.span : entry->key_span,
             in_backquotes(key) + " wants a text");
        return {};
    }

    /// The same where only some words will do.
    [[nodiscard]] std::string word(std::string_view key, const std::array<std::string_view, 2>& words) {
        std::string value = text(key);
        if (value.empty() || std::find(words.begin(), words.end(), value) != words.end()) return value;
        fail("bad-value", node_.find(key)->value.span,
             in_backquotes(key) + " is " + std::string(words[0]) + " or " + std::string(words[1]))
            .fix = nearest(value, words);
        return {};
    }

    [[nodiscard]] std::string origin() {
        const config::Entry* entry = node_.find("origin");
        if (entry == nullptr || entry->value.kind != Node::Kind::null) return text("origin");
        fail("origin-null-unquoted", entry->key_span,
             "without quotes this is no text; the Origin of sandboxed frames is \"null\"")
            .fix = "origin: \"null\", or no `origin` for a request without a page";
        return {};
    }

    [[nodiscard]] std::optional<cors::CredentialsMode> credentials() {
        const std::string value = text("credentials");
        if (value.empty()) return std::nullopt;
        if (const auto mode = explained::credentials_mode(value)) return mode;
        fail("bad-value", node_.find("credentials")->value.span,
             "`credentials` is a mode of fetch(): include, same-origin or omit");
        return std::nullopt;
    }

    /// A map of names and values, or a list of "Name: value".
    [[nodiscard]] std::vector<std::string> headers() {
        std::vector<std::string> lines;
        const config::Entry* entry = node_.find("headers");
        if (entry == nullptr || entry->value.kind == Node::Kind::broken) return lines;
        for (const config::Entry& header : entry->value.entries)
            add_header(header.key + ": " + header.value.text, header.key_span, header.value.kind, lines);
        for (const Node& item : entry->value.items)
            add_header(item.text, item.span, item.kind, lines);
        if (entry->value.kind == Node::Kind::scalar || entry->value.kind == Node::Kind::null) {
            fail("wrong-type", entry->key_span, "`headers` wants names and values").fix =
                "{Content-Type: application/json}";
        }
        return lines;
    }

    void add_header(std::string line, const SourceSpan& place, Node::Kind kind, std::vector<std::string>& lines) {
        const bool text = kind == Node::Kind::scalar || kind == Node::Kind::null;
        if (text && explained::header_line(line)) {
            lines.push_back(std::move(line));
        } else if (kind != Node::Kind::broken) {
            fail("bad-header", place, "a header is a name and a text").fix =
                "{Content-Type: application/json}, or [\"Content-Type: application/json\"]";
        }
    }

    void read_reason(PolicyCase& out) {
        out.reason = text("reason");
        if (out.reason.empty()) return;
        const SourceSpan place = node_.find("reason")->value.span;
        const std::vector<std::string_view> known = reasons();
        if (std::find(known.begin(), known.end(), out.reason) == known.end()) {
            fail("unknown-reason", place, in_backquotes(out.reason) + " is no reason of a refusal").fix =
                nearest(out.reason, known);
        } else if (out.expected == Expected::allowed) {
            fail("exclusive-keys", place, "what is allowed has no reason").fix = "expect: refused";
        }
    }

    const Node& node_;
    const config::Config& config_;
    Report& report_;
    bool good_ = true;
};

void read_list(const Node& root, const config::Config& config, Report& report, PolicyCases& out) {
    if (root.kind == Node::Kind::broken) return;
    if (root.kind != Node::Kind::sequence || root.items.empty()) {
        report.error("wrong-type", root.span, "a file of cases is a list of them").fix =
            "- {origin: https://app.example, path: /api/items, expect: allowed}";
        return;
    }
    for (const Node& item : root.items) {
        if (item.kind == Node::Kind::broken) continue;
        if (item.kind != Node::Kind::map) {
            report.error("wrong-type", item.span, "a case has keys and values").fix =
                "- {origin: https://app.example, path: /api/items, expect: allowed}";
        } else if (auto one = CaseReader(item, config, report).read()) {
            out.cases.push_back(std::move(*one));
        }
    }
}

}  // namespace

PolicyCases read_policy_cases(const std::string& path, const config::Environment& environment,
                              const config::Config& config) {
    PolicyCases out;
    Report report;
    std::string problem;
    std::optional<std::string> text = environment.read_file(path, problem);
    if (text) config::drop_byte_order_mark(*text);
    out.sources.emplace_back(path, text.value_or(""));
    if (!text) {
        report.error("file", {}, "cannot read the cases: " + problem);
    } else if (config::check_text(*text, 0, report)) {
        if (const auto root = config::parse_document(*text, 0, report)) read_list(*root, config, report, out);
    }
    if (report.has_errors()) out.cases.clear();
    out.diagnostics = report.take();
    return out;
}

}  // namespace corsd::cli
