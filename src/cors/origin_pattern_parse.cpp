// Reading one origin pattern (C3), and saying what is wrong with it in the words of section 2.
#include <re2/re2.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "cors/ipv6.hpp"
#include "cors/origin_pattern_parser.hpp"

namespace corsd::cors {

namespace {

constexpr std::string_view kFromSubstitution =
    "comes out of a ${…} and does not act as syntax there; write it in the file itself";

// All texts that the expression matches lie between two bounds; what both begin with, all of them begin with.
std::string common_beginning(const re2::RE2& regex) {
    constexpr int kMostBytes = 64;
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 anchored("\\A(?:" + regex.pattern() + ")\\z", options);
    std::string low, high;
    if (!anchored.ok() || !anchored.PossibleMatchRange(&low, &high, kMostBytes)) return {};
    const auto length = static_cast<std::ptrdiff_t>(std::min(low.size(), high.size()));
    return {low.begin(), std::mismatch(low.begin(), low.begin() + length, high.begin()).first};
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), ascii::to_lower);
    return result;
}

bool OriginPatternParser::special() {
    if (text_.empty()) return fail(Code::empty, 0, "an origin is empty");
    if (text_.front() == '~' || text_.front() == '@') {
        if (!mask_.written(0)) {
            return fail(Code::substituted_syntax, 0, std::string(1, text_[0]) + " " + std::string(kFromSubstitution));
        }
        if (text_.front() == '~') return regex();
        return fail(Code::group_reference, 0, "a group cannot be named here");
    }
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '*' && !mask_.written(i)) {
            return fail(Code::substituted_syntax, i, "* " + std::string(kFromSubstitution));
        }
    }
    if (text_ == "*") {
        pattern_.kind_ = OriginPattern::Kind::any;
        return true;
    }
    if (text_ == "null") {
        pattern_.kind_ = OriginPattern::Kind::null;
        return true;
    }
    return looks_wrong();
}

bool OriginPatternParser::regex() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    const std::string_view expression = text_.substr(1);
    // Compiled as it stands and matched with FullMatch, which means ^(?:…)$; wrapping the text would let `a)|(?:b`
    // through.
    auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok()) return fail(Code::bad_regex, 1, "not a regular expression of RE2: " + compiled->error());
    pattern_.kind_ = OriginPattern::Kind::regex;
    pattern_.beginning_ = common_beginning(*compiled);
    pattern_.regex_ = std::move(compiled);
    return true;
}

void OriginPatternParser::origin() {
    const std::size_t colon = text_.find("://");
    if (colon == std::string_view::npos) {
        no_scheme();
        return;
    }
    scheme(text_.substr(0, colon));
    if (!error_) authority(text_.substr(colon + 3), colon + 3);
}

void OriginPatternParser::scheme(std::string_view scheme) {
    if (scheme.find('*') != std::string_view::npos) {
        fail(Code::wildcard_scheme, scheme.find('*'), "a scheme cannot be a wildcard; write one pattern a scheme",
             mended(patched(0, scheme.size(), "https")));
    } else if (const std::string folded = lower_case(scheme); folded != scheme && is_scheme(folded)) {
        fail(Code::upper_case, 0, "browsers send the scheme in lower case", mended(patched(0, scheme.size(), folded)));
    } else if (!is_scheme(scheme)) {
        fail(Code::bad_scheme, 0, "not a scheme: a letter, then letters, digits, '+', '-' or '.', at most 64");
    } else if (scheme == "file") {
        fail(Code::scheme_file, 0,
             "pages from files have no origin of their own: browsers send null for them; serve the page over HTTP",
             "http://localhost:8000");
    } else {
        pattern_.scheme_ = scheme;
    }
}

void OriginPatternParser::authority(std::string_view authority, std::size_t offset) {
    extra(authority, offset);
    if (error_) return;
    std::size_t end = authority.find(':');
    const std::size_t start = authority.substr(0, 3) == "*.[" ? 2 : 0;
    if (authority.size() > start && authority[start] == '[') {
        const std::size_t bracket = authority.find(']');
        if (bracket == std::string_view::npos) {
            fail(Code::ipv6_brackets, offset, "the bracket of this IPv6 address is not closed");
            return;
        }
        end = bracket + 1 == authority.size() ? std::string_view::npos : bracket + 1;
        if (end != std::string_view::npos && authority[end] != ':') {
            fail(Code::ipv6_brackets, offset + end, "after an IPv6 address only a port may follow");
            return;
        }
    } else if (end != std::string_view::npos && authority.find(':', end + 1) != std::string_view::npos) {
        const auto pieces = parse_ipv6(authority);
        fail(
            Code::ipv6_brackets, offset, "an IPv6 address stands in brackets",
            pieces ? mended(patched(offset, authority.size(), "[" + std::string(Ipv6Text(*pieces).view()) + "]")) : "");
        return;
    }
    host(authority.substr(0, end), offset);
    if (!error_ && end != std::string_view::npos) port(authority.substr(end + 1), offset + end + 1);
}

// What a URL may have and an origin has not.
void OriginPatternParser::extra(std::string_view authority, std::size_t offset) {
    const std::size_t at = authority.find_first_of("/?#@");
    if (at == std::string_view::npos) return;
    const std::string cut = mended(std::string(text_.substr(0, offset + at)));
    switch (authority[at]) {
        case '@':
            fail(Code::userinfo, offset, "an origin has no user name or password", mended(patched(offset, at + 1, "")));
            return;
        case '?':
            fail(Code::query, offset + at, "an origin has no query", cut);
            return;
        case '#':
            fail(Code::fragment, offset + at, "an origin has no fragment", cut);
            return;
        default:
            break;
    }
    if (at + 1 == authority.size()) {
        fail(Code::trailing_slash, offset + at, "an origin has no slash at its end: browsers never send it", cut);
    } else {
        fail(Code::path, offset + at, "an origin has no path", cut);
    }
}

void OriginPatternParser::port(std::string_view port, std::size_t offset) {
    using Kind = OriginPattern::Kind;
    if (port == "*") {
        pattern_.kind_ = pattern_.kind_ == Kind::subdomains ? Kind::subdomains_any_port : Kind::any_port;
        return;
    }
    if (port.empty()) {
        fail(Code::port_empty, offset - 1, "the port is missing after ':'", std::string(text_.substr(0, offset - 1)));
    } else if (!std::all_of(port.begin(), port.end(), ascii::is_digit)) {
        const std::string bare(text_.substr(0, offset - 1));
        const bool loopback = is_loopback_host(pattern_.host_);
        fail(
            Code::port_not_number, offset,
            loopback
                ? "a port is a number, the one that the page's address shows, as in http://localhost:3000; or * for any"
                : "a port is a number from 1 to 65535, or * for any",
            mended(loopback ? bare + ":*" : bare));
    } else {
        port_number(port, offset);
    }
}

void OriginPatternParser::port_number(std::string_view port, std::size_t offset) {
    const std::size_t significant = std::min(port.find_first_not_of('0'), port.size());
    const std::string_view digits = port.substr(significant);
    if (digits.empty()) {
        fail(Code::port_zero, offset, "a port is a number from 1 to 65535");
        return;
    }
    if (significant != 0) {
        fail(Code::port_leading_zero, offset, "a port has no leading zero",
             mended(patched(offset, port.size(), digits)));
        return;
    }
    const unsigned long value = digits.size() > 5 ? 65536 : std::stoul(std::string(digits));
    if (value > 65535) {
        fail(Code::port_too_big, offset, "a port is a number from 1 to 65535");
    } else if (value == default_port(pattern_.scheme_)) {
        fail(Code::default_port, offset,
             "browsers never send the default port of " + pattern_.scheme_ + ", so this would never match",
             std::string(text_.substr(0, offset - 1)));
    } else {
        pattern_.port_ = static_cast<std::uint16_t>(value);
    }
}

std::variant<OriginPattern, OriginPatternError> OriginPattern::parse(std::string_view text, const SyntaxMask& mask) {
    return OriginPatternParser(text, mask).run();
}

}  // namespace corsd::cors
