#include "route/path_pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "route/path.hpp"

namespace corsd::route {
namespace {

using Code = PatternError::Code;

// Patterns are held to the spelling alone: what a site's `paths:` refuses can be written, it just never comes.
constexpr PathRules kLenient{EncodedSlash::keep, DoubleSlashes::keep, PathParameters::keep};

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    for (std::size_t at = 1;;) {
        const std::size_t slash = path.find('/', at);
        segments.emplace_back(path.substr(at, slash == std::string_view::npos ? slash : slash - at));
        if (slash == std::string_view::npos) return segments;
        at = slash + 1;
    }
}

// "/api*" was meant as "/api/*", "**" as "*".
std::string without_partial_wildcards(std::string_view text) {
    std::string fixed;
    for (const std::string& segment : split(text)) {
        const std::size_t star = segment.find('*');
        if (star == std::string::npos || segment == "*") {
            fixed += "/" + segment;
        } else {
            if (star > 0) fixed += "/" + segment.substr(0, star);
            fixed += "/*";
        }
    }
    return fixed;
}

std::string with_escapes(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f) {
            escaped += c;
        } else {
            escaped += {'%', kDigits[byte >> 4U], kDigits[byte & 0x0fU]};
        }
    }
    return escaped;
}

/// A corrected text, corrected further where it still is no pattern; empty when no correction is known.
std::string mended(std::string text) {
    const auto parsed = PathPattern::parse(text);
    const auto* error = std::get_if<PatternError>(&parsed);
    return error == nullptr ? text : error->fix;
}

std::optional<PatternError> check_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte <= 0x20 || byte >= 0x7f) {
            return PatternError{Code::control_or_non_ascii, i,
                                "a path on the wire is printable ASCII; write other bytes as %XX",
                                mended(with_escapes(text))};
        }
        if (text[i] == '?' || text[i] == '#') {
            return PatternError{Code::query_or_fragment, i, "the query never takes part in choosing a resource",
                                mended(std::string(text.substr(0, i)))};
        }
    }
    for (std::size_t star = text.find('*'); star != std::string_view::npos; star = text.find('*', star + 1)) {
        const bool whole = text[star - 1] == '/' && (star + 1 == text.size() || text[star + 1] == '/');
        if (!whole) {
            return PatternError{Code::partial_wildcard, star, "'*' is always a whole segment",
                                mended(without_partial_wildcards(text))};
        }
    }
    std::string storage;
    std::string_view canonical;
    const PathProblem problem = canonical_path(text, kLenient, storage, canonical);
    if (problem != PathProblem::none) {
        return PatternError{Code::ambiguous, 0, "no request has this path. " + std::string(describe(problem)), {}};
    }
    if (canonical != text) {
        return PatternError{Code::not_canonical, 0,
                            "requests are judged by their canonical path, written " + std::string(canonical),
                            std::string(canonical)};
    }
    return std::nullopt;
}

bool matches_segments(const std::vector<std::string>& pattern, std::string_view path) noexcept {
    std::size_t at = 1;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool wildcard = pattern[i] == "*";
        if (wildcard && i + 1 == pattern.size()) return true;
        if (at > path.size()) return false;
        const std::string_view segment = path.substr(at, std::min(path.find('/', at), path.size()) - at);
        if (wildcard ? segment.empty() : segment != pattern[i]) return false;
        at += segment.size() + 1;
    }
    return at > path.size();
}

}  // namespace

std::variant<PathPattern, PatternError> PathPattern::parse(std::string_view text) {
    if (text.empty()) return PatternError{Code::empty, 0, "a path pattern is empty", "/*"};
    PathPattern pattern;
    pattern.text_ = text;
    if (text.front() == '~') {
        re2::RE2::Options options;
        options.set_log_errors(false);
        const std::string_view expression = text.substr(1);
        auto regex = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
        if (!regex->ok()) {
            return PatternError{Code::bad_regex, 1, "not a regular expression of RE2: " + regex->error(), {}};
        }
        pattern.kind_ = Kind::regex;
        pattern.regex_ = std::move(regex);
        return pattern;
    }
    if (text.front() != '/') {
        // Python's raw string, or what another file had in quotes.
        const std::size_t quote = text.front() == 'r' ? 1 : 0;
        if (quote + 1 < text.size() && (text[quote] == '"' || text[quote] == '\'') && text.back() == text[quote]) {
            const std::string_view inner = text.substr(quote + 1, text.size() - quote - 2);
            return PatternError{Code::not_absolute, 0, "a path starts with '/': the quotes are a part of this text",
                                inner.empty() ? "" : mended(std::string(inner))};
        }
        // A whole URL, without its scheme and authority.
        const std::size_t authority = text.find("://");
        const std::size_t path = authority == std::string_view::npos ? 0 : text.find('/', authority + 3);
        const std::string_view bare = path == std::string_view::npos ? std::string_view{} : text.substr(path);
        return PatternError{Code::not_absolute, 0, "a path starts with '/', a regular expression with '~'",
                            mended((path == 0 ? "/" : "") + std::string(bare))};
    }
    if (auto error = check_text(text)) return std::move(*error);

    pattern.segments_ = split(text);
    const auto& segments = pattern.segments_;
    const auto is_star = [](const std::string& segment) { return segment == "*"; };
    const auto stars = std::count_if(segments.begin(), segments.end(), is_star);
    pattern.literals_ = segments.size() - static_cast<std::size_t>(stars);
    pattern.literals_before_wildcard_ =
        static_cast<std::size_t>(std::find_if(segments.begin(), segments.end(), is_star) - segments.begin());
    pattern.ends_in_wildcard_ = is_star(segments.back());
    if (stars != 0) pattern.kind_ = text == "/*" ? Kind::all : Kind::glob;
    return pattern;
}

bool PathPattern::matches(std::string_view path) const noexcept {
    switch (kind_) {
        case Kind::exact:
            return path == text_;
        case Kind::glob:
            return !path.empty() && path.front() == '/' && matches_segments(segments_, path);
        case Kind::regex:
            return re2::RE2::FullMatch(re2::StringPiece(path.data(), path.size()), *regex_);
        case Kind::all:
            return !path.empty() && path.front() == '/';
    }
    return false;
}

}  // namespace corsd::route
