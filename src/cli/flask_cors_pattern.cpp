#include "cli/flask_cors_pattern.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>

#include "base/ascii.hpp"
#include "route/path_pattern.hpp"

namespace corsd::cli::flask_cors {

namespace {

/// The text that an expression stands for when it has no operators; a bare dot counts as one.
[[nodiscard]] std::optional<std::string> literal_text(std::string_view expression) {
    std::string out;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        char c = expression[i];
        if (c == '\\') {
            if (++i == expression.size() || ascii::is_alnum(expression[i])) return std::nullopt;
            c = expression[i];
        } else if (std::string_view("*?$^[](){}|+").find(c) != std::string_view::npos) {
            return std::nullopt;
        }
        out += c;
    }
    return out;
}

[[nodiscard]] std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (!ascii::is_alnum(c) && std::string_view("/_-~%").find(c) == std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// Flask compares paths after decoding, corsd before: what a path cannot hold as it is (RFC 3986 section 3.3) is
/// escaped.
[[nodiscard]] std::string as_sent(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kMarks = "/-._~!$&'()*+,;=:@";
    std::string out;
    for (const char c : text) {
        if (ascii::is_alnum(c) || kMarks.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kHex[byte >> 4U], kHex[byte & 0x0fU]};
    }
    return out;
}

/// "^/api/.*$" is "/api/": what stands before the part that matches anything.
[[nodiscard]] std::optional<std::string> prefix_of(std::string_view expression) {
    if (expression.starts_with('^')) expression.remove_prefix(1);
    if (expression.ends_with('$') && !expression.ends_with("\\$")) expression.remove_suffix(1);
    if (expression == ".*" || expression == "/*") return "/";
    for (const std::string_view end : {"/.*", "/.+", "/(.*)", "/*"}) {
        if (!expression.ends_with(end)) continue;
        expression.remove_suffix(end.size());
        std::optional<std::string> literal = literal_text(expression);
        if (literal) *literal += '/';
        return literal;
    }
    return std::nullopt;
}

[[nodiscard]] std::string problem_of(const std::string& pattern) {
    if (pattern.find("${") != std::string::npos) return "`${` cannot stand in a key";
    const auto parsed = route::PathPattern::parse(pattern);
    const auto* const error = std::get_if<route::PatternError>(&parsed);
    return error == nullptr ? std::string{} : error->message + (error->fix.empty() ? "" : " (" + error->fix + ")");
}

[[nodiscard]] std::string expression_of(const Pattern& pattern) {
    std::string body = pattern.text;
    const bool alternatives = has_alternatives(body);
    if (body.ends_with("\\Z")) body.replace(body.size() - 2, 2, "$");
    if (alternatives) {
        body = "(?:" + body + ").*";
    } else {
        if (body.starts_with('^')) body.erase(0, 1);
        if (body.ends_with('$') && !body.ends_with("\\$"))
            body.pop_back();
        else if (!body.ends_with(".*"))
            body += ".*";
    }
    return "~" + (pattern.flags.empty() ? "" : "(?" + pattern.flags + ")") + body;
}

}  // namespace

Translated translate(const Pattern& pattern) {
    Translated found;
    if (pattern.kind == Pattern::Kind::any) {
        found.pattern = "/*";
        return found;
    }
    std::string candidate = as_sent(pattern.text);
    if (pattern.kind == Pattern::Kind::expression) {
        const auto prefix = pattern.flags.empty() ? prefix_of(pattern.text) : std::nullopt;
        candidate = prefix ? *prefix + "*" : expression_of(pattern);
        if (!prefix) add_comment(found.comments, "Of Flask-CORS: " + pattern.text);
    }
    const std::string problem = problem_of(candidate);
    if (problem.empty())
        found.pattern = candidate;
    else
        add_comment(found.comments, std::string(kDecide) + "no resource for " + pattern.text + ": " + problem);
    return found;
}

std::string pattern_of(const Route& route) {
    std::string glob, expression;
    bool whole_segments = true;
    for (std::size_t i = 0; i < route.path.size(); ++i) {
        const Route::Part& part = route.path[i];
        if (part.converter.empty()) {
            glob += as_sent(part.text);
            expression += escaped(as_sent(part.text));
            continue;
        }
        const bool last = i + 1 == route.path.size();
        const bool begins = glob.ends_with('/');
        const bool ends = last || route.path[i + 1].text.starts_with('/');
        whole_segments = whole_segments && begins && ends && (part.converter != "path" || last);
        glob += '*';
        expression += part.converter == "path" ? ".+" : "[^/]+";
    }
    const bool everything = glob == "/*" && route.path.back().converter != "path";
    if (whole_segments && !everything && problem_of(glob).empty()) return glob;
    return "~" + expression;
}

std::string sample_of(const Route& route) {
    std::string path;
    for (const Route::Part& part : route.path)
        path += part.converter.empty() ? as_sent(part.text) : "1";
    return path;
}

std::string as_expression(const std::string& glob) {
    std::string expression = "~";
    std::string_view rest = glob;
    const bool below = rest.ends_with("/*");
    if (below) rest.remove_suffix(2);
    for (const char c : rest)
        expression += c == '*' ? "[^/]+" : escaped(std::string_view(&c, 1));
    return expression + (below ? "(?:/.*)?" : "");
}

bool has_alternatives(std::string_view expression) {
    int depth = 0;
    bool in_class = false;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '\\')
            ++i;
        else if (in_class)
            in_class = c != ']';
        else if (c == '[')
            in_class = true;
        else if (c == '(')
            ++depth;
        else if (c == ')')
            --depth;
        else if (c == '|' && depth == 0)
            return true;
    }
    return false;
}

bool flask_matches(const Pattern& pattern, const std::string& path) {
    switch (pattern.kind) {
        case Pattern::Kind::any:
            return true;
        case Pattern::Kind::literal:
            return as_sent(pattern.text) == path;
        case Pattern::Kind::expression:
            return matches("~(?:" + pattern.text + ").*", path);
    }
    return false;
}

bool matches(const std::string& pattern, const std::string& path) {
    const auto parsed = route::PathPattern::parse(pattern);
    const auto* const good = std::get_if<route::PathPattern>(&parsed);
    return good != nullptr && good->matches(path);
}

}  // namespace corsd::cli::flask_cors
