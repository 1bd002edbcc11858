#include "cli/flask_cors_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "cli/flask_cors_pattern.hpp"
#include "config/load.hpp"
#include "cors/origin_pattern.hpp"

namespace corsd::cli::flask_cors {

namespace {

constexpr std::size_t kCommentWidth = 110;
constexpr long kLongestAge = 86'400;

[[nodiscard]] std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return ascii::to_lower(c); });
    return text;
}

/// Safe without quotes, in a block and in a flow list.
[[nodiscard]] bool is_plain(std::string_view text) {
    const auto ordinary = [](char c) { return ascii::is_alnum(c) || c == '/' || c == '.' || c == '-' || c == '_'; };
    if (text.empty() || !(ascii::is_alnum(text.front()) || text.front() == '/') || text.back() == ':') return false;
    if (std::none_of(text.begin(), text.end(), [](char c) { return ascii::is_alpha(c) || c == ':' || c == '/'; }))
        return false;
    if (text == "null" || text == "true" || text == "false") return false;
    return std::all_of(text.begin(), text.end(), [&](char c) { return ordinary(c) || c == ':' || c == '*'; });
}

[[nodiscard]] std::string in_quotes(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const bool control = std::any_of(text.begin(), text.end(), [](char c) { return ascii::is_control(c); });
    std::string out(1, control ? '"' : '\'');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (control && ascii::is_control(c)) {
            out += "\\x";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0x0fU];
            continue;
        }
        if (control && (c == '"' || c == '\\')) out += '\\';
        if (!control && c == '\'') out += '\'';
        out += c;
    }
    return out + (control ? '"' : '\'');
}

[[nodiscard]] std::string without(std::string_view name, std::string_view problem) {
    return std::string("Without ").append(name).append(": ").append(problem);
}

/// What corsd has against a resource with these policy keys (YAML in flow style); empty when nothing. Warnings do not
/// count.
[[nodiscard]] std::string objection(const std::string& keys) {
    const config::Environment nothing{[](std::string_view) { return std::nullopt; },
                                      [](const std::string&, std::string&) { return std::nullopt; }};
    const config::Loaded loaded = config::load_text(
        "listen: 127.0.0.1:8080\nupstream: http://127.0.0.1:5000\nresources: {/*: {" + keys + "}}\n", "", nothing);
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
        if (diagnostic.severity != config::Severity::error) continue;
        return diagnostic.message + (diagnostic.fix.empty() ? "" : " (" + diagnostic.fix + ")");
    }
    return {};
}

/// The list of origins of one place.
class Origins {
  public:
    explicit Origins(const Options& options) : options_(options) {}

    void write(Lines& lines) {
        if (const auto any = std::find_if(options_.origins.begin(), options_.origins.end(),
                                          [](const Pattern& one) { return one.kind == Pattern::Kind::any; });
            any != options_.origins.end()) {
            write_any(lines);
            return;
        }
        for (const Pattern& pattern : options_.origins)
            pattern.kind == Pattern::Kind::literal ? literal(pattern.text) : expression(pattern);
        lines.push_back(kept_ == 0 ? "origins: []" : "origins:");
        for (std::string& item : items_)
            lines.push_back("  " + std::move(item));
        if (null_) {
            add_comment(lines, "null is what sandboxed frames and files of anybody send.");
            lines.push_back("dangerously_allow: [null_origin]");
        }
    }

  private:
    void write_any(Lines& lines) const {
        if (options_.supports_credentials) {
            add_comment(
                lines,
                std::string(kDecide) +
                    "with \"*\" and supports_credentials Flask-CORS let every page in the world act with "
                    "its visitor's cookies. Name the origins that may, or take credentials away and write \"*\".");
            lines.emplace_back("origins: []");
            return;
        }
        if (options_.origins.size() > 1) add_comment(lines, "The origins beside \"*\" added nothing.");
        lines.emplace_back("origins: \"*\"");
    }

    void literal(const std::string& text) {
        const std::string lower = lower_case(text);
        if (lower == "null" && !options_.supports_credentials) {
            null_ = true;
            return keep("null");
        }
        if (lower != text) comment("Written " + text + "; browsers send lower case.");
        const std::string problem = objection("origins: [" + yaml_value(lower) + "]");
        if (lower == "null" || problem.empty()) return offer(lower, "");
        leave_out(lower,
                  problem + ". Flask-CORS compared it with what browsers send, and will hardly ever have matched.");
    }

    void expression(const Pattern& pattern) {
        const auto parsed = cors::OriginPattern::parse(pattern.text);
        if (const auto* const wildcard = std::get_if<cors::OriginPattern>(&parsed)) {
            using Kind = cors::OriginPattern::Kind;
            if (wildcard->kind() == Kind::any_port) {
                return offer(
                    pattern.text,
                    "An expression for Flask-CORS, which admitted everything that begins so; here it is any port.");
            }
            if (wildcard->kind() != Kind::exact) {
                comment(std::string(kDecide) +
                        "Flask-CORS took this for a regular expression, which admits no subdomain. Here it "
                        "admits all of them; take the # away if that was meant.");
                return items_.push_back("# - " + yaml_value(pattern.text));
            }
        }
        std::string body = pattern.text;
        const bool alternatives = has_alternatives(body);
        if (!alternatives && body.starts_with('^')) body.erase(0, 1);
        if (body.ends_with("\\Z")) body.replace(body.size() - 2, 2, "$");
        const bool closed = body.ends_with('$') && !body.ends_with("\\$");
        if (closed && !alternatives) body.pop_back();
        std::string flags;
        for (const char flag : pattern.flags) {
            const bool matters =
                flag != 'i' || std::any_of(body.begin(), body.end(), [](char c) { return ascii::is_upper(c); });
            if (matters) flags += flag;
        }
        offer("~" + (flags.empty() ? "" : "(?" + flags + ")") + body,
              closed && !alternatives
                  ? ""
                  : "Flask-CORS matched only the start, and admitted what goes on with .evil.example as "
                    "well; corsd matches the whole origin.");
    }

    /// Into the list, with a remark, or beside it with what corsd has against it.
    void offer(const std::string& text, std::string_view remark) {
        const std::string problem = objection("origins: [" + yaml_value(text) +
                                              "], credentials: " + (options_.supports_credentials ? "true" : "false"));
        if (!problem.empty()) return leave_out(text, problem + ".");
        if (!remark.empty()) comment(remark);
        keep(text);
    }
    void leave_out(const std::string& text, const std::string& why) {
        comment(std::string(kDecide) + why);
        items_.push_back("# - " + yaml_value(text));
    }

    void keep(const std::string& text) {
        const std::string item = "- " + yaml_value(text);
        if (std::find(items_.begin(), items_.end(), item) != items_.end()) return;
        items_.push_back(item);
        ++kept_;
    }

    void comment(std::string_view text) { add_comment(items_, text); }

    const Options& options_;
    Lines items_;
    std::size_t kept_ = 0;
    bool null_ = false;
};

/// Those that corsd takes, with a remark for each of the others.
[[nodiscard]] std::vector<std::string> sound_methods(Lines& lines, const std::vector<std::string>& methods) {
    std::vector<std::string> kept;
    for (const std::string& method : methods) {
        if (method == "*") {
            add_comment(lines, std::string(kDecide) +
                                   "the method * is none that Flask-CORS knew, so no preflight passed by it; "
                                   "here it would be any method.");
            continue;
        }
        const std::string problem = objection("methods: [" + yaml_value(method) + "]");
        if (problem.empty())
            kept.push_back(yaml_value(method));
        else
            add_comment(lines, without(method, problem));
    }
    return kept;
}

void write_methods(Lines& lines, const Options& options, const std::vector<std::string>& methods) {
    std::vector<std::string> kept = sound_methods(lines, methods.empty() ? listed_methods(options.methods) : methods);
    if (kept.empty()) {
        add_comment(lines,
                    "Flask-CORS admitted no method that takes a preflight; GET, HEAD and POST are what is left.");
        kept = {"GET", "HEAD", "POST"};
    }
    const auto lists = [&](const char* method) { return std::find(kept.begin(), kept.end(), method) != kept.end(); };
    if (!lists("GET") && !lists("POST")) {
        add_comment(lines,
                    "Neither GET nor POST: Flask-CORS looked at methods in preflights alone, corsd refuses other "
                    "methods always. "
                    "Add them if pages use them.");
    }
    lines.push_back("methods: [" + comma_list(kept) + "]");
}

void write_headers(Lines& lines, const Options& options) {
    std::vector<std::string> kept;
    for (const Pattern& pattern : options.allow_headers) {
        if (pattern.kind == Pattern::Kind::any) {
            lines.emplace_back("allow_headers: [\"*\", Authorization]  # \"*\" alone never covers Authorization");
            return;
        }
        if (pattern.kind == Pattern::Kind::expression) {
            add_comment(lines, std::string(kDecide) +
                                   "Flask-CORS admitted every header that begins like the expression " + pattern.text +
                                   "; corsd takes names. List those that pages send.");
            continue;
        }
        const std::string problem = objection("allow_headers: [" + yaml_value(pattern.text) + "]");
        if (problem.empty())
            kept.push_back(yaml_value(pattern.text));
        else
            add_comment(lines, "Without " + pattern.text + ": " + problem);
    }
    lines.push_back("allow_headers: [" + comma_list(kept) + "]");
}

void write_exposed(Lines& lines, const Options& options) {
    std::vector<std::string> kept;
    for (const std::string& name : options.expose_headers) {
        const std::string problem = objection("expose_headers: [" + yaml_value(name) +
                                              "], credentials: " + (options.supports_credentials ? "true" : "false"));
        if (problem.empty())
            kept.push_back(yaml_value(name));
        else
            add_comment(lines, without(name, problem));
    }
    if (std::find(kept.begin(), kept.end(), "'*'") != kept.end()) kept = {"'*'"};  // the names beside it add nothing
    if (!kept.empty()) lines.push_back("expose_headers: [" + comma_list(kept) + "]");
}

void write_max_age(Lines& lines, const Options& options) {
    if (!options.max_age) {
        lines.emplace_back("max_age: null  # not sent, as Flask-CORS did: 5 s in browsers; without this line 10m");
        return;
    }
    const std::string& text = *options.max_age;
    long seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) {
        add_comment(lines, std::string(kDecide) + "max_age was \"" + text + "\", which no browser understands.");
        lines.emplace_back("max_age: null");
    } else if (seconds > kLongestAge) {
        add_comment(lines, "max_age was " + text + "; no browser remembers a preflight for more than 24 h.");
        lines.emplace_back("max_age: 24h");
    } else {
        lines.push_back("max_age: " + std::to_string(std::max(seconds, -1L)));
    }
}

void write_switches(Lines& lines, const Options& options) {
    if (!options.vary_header)
        add_comment(lines, "vary_header=False: corsd always says that the answer varies with Origin.");
    if (!options.automatic_options) {
        add_comment(
            lines,
            "automatic_options=False: the view answered its preflights; now corsd does, and the view gets none.");
    }
    if (!options.intercept_exceptions) {
        add_comment(lines, "intercept_exceptions=False: with corsd a page of an admitted origin may read every error.");
    }
    if (options.allow_private_network) {
        add_comment(
            lines,
            "allow_private_network: no current browser asks for it; corsd has the key of this name, off by default.");
    }
    if (!options.unknown.empty()) {
        add_comment(lines,
                    std::string(kDecide) + "no option of Flask-CORS is called " + comma_list(options.unknown) +
                        "; it ignored that, and what is written here is what was in force. Is it what was meant?");
    }
}

}  // namespace

std::string yaml_value(std::string_view text) {
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
        escaped += text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (text[i] == '$' && (next == '{' || next == '$')) escaped += '$';
    }
    return is_plain(escaped) ? escaped : in_quotes(escaped);
}

std::string yaml_key(std::string_view text) {
    return is_plain(text) ? std::string(text) : in_quotes(text);
}

void add_comment(Lines& lines, std::string_view text) {
    std::string line = "#", word;
    const auto flush = [&] {
        if (line.size() + 1 + word.size() > kCommentWidth && line != "#") {
            lines.push_back(line);
            line = "#";
        }
        if (!word.empty()) line += " " + word;
        word.clear();
    };
    for (const char c : text) {
        if (c == ' ' || ascii::is_control(c))
            flush();
        else
            word += c;
    }
    flush();
    lines.push_back(line);
}

std::vector<std::string> listed_methods(const std::vector<std::string>& methods) {
    static constexpr std::array<std::string_view, 6> kUsual{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    std::vector<std::string> listed;
    for (const std::string_view usual : kUsual) {
        if (std::find(methods.begin(), methods.end(), usual) != methods.end()) listed.emplace_back(usual);
    }
    for (const std::string& method : methods) {
        if (method != "OPTIONS" && std::find(listed.begin(), listed.end(), method) == listed.end())
            listed.push_back(method);
    }
    return listed;
}

Lines policy_lines(const Options& options, const std::vector<std::string>& methods) {
    Lines lines;
    write_switches(lines, options);
    Origins(options).write(lines);
    write_methods(lines, options, methods);
    write_headers(lines, options);
    write_exposed(lines, options);
    if (options.supports_credentials) lines.emplace_back("credentials: true");
    write_max_age(lines, options);
    return lines;
}

Lines closed_lines(const std::vector<std::string>& methods) {
    Lines lines;
    add_comment(lines, "Without Flask-CORS: no page of another origin may read this.");
    lines.emplace_back("origins: []");
    const std::vector<std::string> kept = sound_methods(lines, methods);
    if (!kept.empty()) lines.push_back("methods: [" + comma_list(kept) + "]");
    return lines;
}

}  // namespace corsd::cli::flask_cors
