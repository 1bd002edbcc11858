// What people write where an origin is wanted, and what they meant.
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "cors/origin_pattern_parser.hpp"

namespace corsd::cors {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kWhiteSpace = " \t";

std::vector<std::string_view> pieces_of(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        if (const std::string_view piece = ascii::trim_ows(text.substr(0, end)); !piece.empty())
            pieces.push_back(piece);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pieces;
}

/// `text` without `https:`, `https:/`, `http//` … at its start, which was meant for `prefix`.
struct Stripped {
    std::string prefix;  // https:// or http://, or empty
    std::string_view rest;
};
Stripped strip_scheme(std::string_view text) {
    for (const std::string_view scheme : {"https", "http"}) {
        if (lower_case(text.substr(0, scheme.size())) != scheme) continue;
        const std::string_view rest = text.substr(scheme.size());
        const std::size_t start = rest.find_first_not_of(":;/\\");
        if (start != 0 && start != kNone) return {std::string(scheme) + "://", rest.substr(start)};
    }
    text.remove_prefix(std::min(text.find_first_not_of(":/"), text.size()));
    return {"", text};
}

/// Dots in front of a label are dots of the host, whatever else is an expression there.
std::string with_literal_dots(std::string_view expression) {
    std::string result;
    bool in_class = false;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '[') in_class = true;
        if (c == ']') in_class = false;
        const bool escaped = i > 0 && expression[i - 1] == '\\';
        const bool label = i + 1 < expression.size() && ascii::is_alnum(expression[i + 1]);
        if (c == '.' && !in_class && !escaped && label) result += '\\';
        result += c;
    }
    return result;
}

}  // namespace

std::string OriginPatternParser::mended(std::string text) {
    const auto parsed = OriginPattern::parse(text);
    const auto* error = std::get_if<OriginPatternError>(&parsed);
    // What is not ASCII is for the caller, who knows punycode.
    return error == nullptr || error->code == Code::non_ascii ? text : error->fix;
}

// Mistakes about the text as a whole, told before its parts are looked at.
bool OriginPatternParser::looks_wrong() {
    if (quoted() || bare_variable() || regex_without_tilde() || several() || white_space()) return true;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (ascii::is_control(text_[i])) return fail(Code::control, i, "a control character in an origin");
    }
    return false;
}

bool OriginPatternParser::quoted() {
    const std::size_t quote = text_.front() == 'r' ? 1 : 0;  // Python's raw strings
    if (quote >= text_.size() || (text_[quote] != '"' && text_[quote] != '\'')) return false;
    const std::string_view inner = text_.substr(quote + 1);
    const std::size_t end = inner.find_last_not_of("\"'");
    return fail(Code::bad_scheme, 0, "the quotes are a part of this text; an origin has none",
                mended(std::string(inner.substr(0, end == kNone ? 0 : end + 1))));
}

bool OriginPatternParser::bare_variable() {
    for (std::size_t at = text_.find('$'); at != kNone && at + 1 < text_.size(); at = text_.find('$', at + 1)) {
        if (!ascii::is_alpha(text_[at + 1]) && text_[at + 1] != '_') continue;
        const auto* end = std::find_if_not(text_.begin() + at + 1, text_.end(),
                                           [](char c) { return ascii::is_alnum(c) || c == '_'; });
        const auto length = static_cast<std::size_t>(end - text_.begin()) - at;
        return fail(Code::bare_variable, at, "a variable is written ${NAME}",
                    patched(at, length, "${" + std::string(text_.substr(at + 1, length - 1)) + "}"));
    }
    return false;
}

bool OriginPatternParser::regex_without_tilde() {
    if (!looks_like_regex()) return false;
    std::string plain;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_.substr(i, 2) == ".*" || text_.substr(i, 2) == ".+") {
            plain += '*';
            ++i;
        } else if (std::string_view("\\^$()+?").find(text_[i]) == kNone) {
            plain += text_[i];
        }
    }
    const std::string tilde = "~" + with_literal_dots(text_);
    const bool readable = plain != text_ && mended(plain) == plain;
    return fail(Code::regex_without_tilde, 0,
                "this reads like a regular expression: write '" + tilde + "' if it is one" +
                    (readable ? ", or '" + plain + "' if it is an origin" : ""),
                mended(tilde));
}

bool OriginPatternParser::looks_like_regex() const {
    if (text_.find_first_of("\\()|^${}") != kNone || text_.find(".+") != kNone) return true;
    const std::size_t separator = text_.find("://");
    if (separator == kNone) return false;
    // https?://  and  https://.*  are habits of regexes; app.* is a wildcard in the wrong place.
    if (text_.substr(0, separator).find('?') != kNone) return true;
    const std::string_view host = text_.substr(separator + 3, text_.find('/', separator + 3) - separator - 3);
    if (host.substr(0, 2) == ".*" || host.find('+') != kNone || host.find("]*") != kNone) return true;
    const std::size_t bracket = host.find('[');
    if (bracket == kNone) return false;
    const std::string_view inner = host.substr(bracket + 1, host.find(']', bracket) - bracket - 1);
    const bool at_start = bracket == 0 || host.substr(0, bracket) == "*.";
    return !at_start || (!inner.empty() && inner.find(':') == kNone);
}

// Each is shown as an element of a list, in its corrected form.
bool OriginPatternParser::several() {
    const std::size_t comma = text_.find(',');
    const std::size_t second = text_.find("://", std::min(text_.find("://"), text_.size() - 1) + 1);
    const std::size_t space = text_.find_first_of(kWhiteSpace);
    if (comma == kNone && (second == kNone || space == kNone)) return false;
    std::string elements;
    for (const std::string_view piece : pieces_of(text_, comma == kNone ? kWhiteSpace : ",")) {
        std::string element = mended(std::string(piece));
        if (element.empty()) element = piece;
        elements += (elements.empty() ? "\"" : ", \"") + element + '"';
    }
    return fail(Code::comma_list, comma == kNone ? space : comma,
                "several origins in one text: each is an element of its own", std::move(elements));
}

bool OriginPatternParser::white_space() {
    const std::size_t at = text_.find_first_of(kWhiteSpace);
    if (at == kNone) return false;
    // A dash of YAML, in a list file.
    std::string without(text_.substr(text_.substr(0, 2) == "- " ? 2 : 0));
    without.erase(std::remove_if(without.begin(), without.end(), ascii::is_ows), without.end());
    return fail(Code::white_space, at, "white space in an origin", mended(std::move(without)));
}

void OriginPatternParser::no_scheme() {
    if (lower_case(text_) == "null") {
        fail(Code::no_scheme, 0, "the opaque origin is written null, in lower case", "null");
        return;
    }
    const auto [scheme, rest] = strip_scheme(text_);
    const std::string_view bare = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t bracket = bare.find(']');
    const std::string_view host =
        bracket != kNone ? bare.substr(0, bracket + 1) : bare.substr(0, std::min(bare.find(':'), bare.size()));
    const bool loopback = is_loopback_host(lower_case(host));
    const bool address = check_host(host).kind != HostKind::domain;
    const std::string base = !scheme.empty() ? scheme : loopback || address ? "http://" : "https://";
    if (loopback && host.size() == bare.size()) {
        // A page on this machine is nearly always on a port of its own, which only its author knows.
        fail(Code::no_scheme, 0,
             "an origin has a scheme, and the port that the page's address shows, as in http://localhost:3000",
             base + std::string(host) + ":PORT");
        return;
    }
    // One word is a host that hardly any browser knows: no guess is made.
    const bool one_word = host.find_first_of(".:[") == kNone && host.size() == bare.size();
    fail(Code::no_scheme, 0,
         loopback ? "an origin has a scheme and ://, as in http://localhost:3000"
                  : "an origin has a scheme and ://, as in https://app.example",
         one_word ? "" : mended(base + std::string(bare)));
}

}  // namespace corsd::cors
