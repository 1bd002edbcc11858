#include "cli/explain_case.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "cors/browser_url.hpp"
#include "cors/origin.hpp"

namespace corsd::cli::explained {

namespace {

using cors::HeaderLine;
using cors::HeaderLines;

/// Sent by browsers of their own accord, though a script might set them.
constexpr std::array<std::string_view, 12> kBrowsersOwn{
    "cache-control",     "if-modified-since",         "if-none-match", "pragma",    "priority",      "purpose",
    "sec-fetch-storage", "upgrade-insecure-requests", "user-agent",    "save-data", "x-client-data", "alt-used"};

[[nodiscard]] bool is_browsers_own(std::string_view name) noexcept {
    return std::any_of(kBrowsersOwn.begin(), kBrowsersOwn.end(),
                       [&](std::string_view own) { return ascii::equals_lower(name, own); });
}

/// The origin below which a path without one lies.
[[nodiscard]] std::string base_of(const config::Config& config, std::string& problem) {
    if (config.sites.size() != 1) {
        problem = "the file has several sites: give the whole URL";
        return {};
    }
    const config::Site& site = config.sites.front();
    if (!site.public_origin.empty()) return site.public_origin;
    for (const std::string& host : site.hosts) {
        if (!host.starts_with('*')) return "https://" + host;
    }
    const config::Address& address = config.listeners.front().address;
    if (address.kind != config::AddressKind::tcp) return "http://localhost";
    const bool everywhere = address.host == "0.0.0.0" || address.host == "::";
    const std::string host = everywhere                                    ? "localhost"
                             : address.host.find(':') != std::string::npos ? "[" + address.host + "]"
                                                                           : address.host;
    return "http://" + host + (address.port == 80 ? "" : ":" + std::to_string(address.port));
}

/// One dot or two, each perhaps escaped.
[[nodiscard]] bool is_dots(std::string_view segment, std::size_t count) noexcept {
    for (; count > 0; --count) {
        const std::size_t dot = segment.starts_with('.') ? 1 : ascii::starts_with_lower(segment, "%2e") ? 3 : 0;
        if (dot == 0) return false;
        segment.remove_prefix(dot);
    }
    return segment.empty();
}

/// The path of an address as browsers and curl send it: backslashes are slashes, dot segments are gone, and what is no
/// part of a URL is escaped (URL standard, sections 1.3, 4.4 and 4.5).
[[nodiscard]] std::string sent_path(std::string_view text) {
    const std::size_t query = std::min(text.find('?'), text.size());
    std::string path(text.substr(0, query));
    std::replace(path.begin(), path.end(), '\\', '/');
    std::vector<std::string> segments;
    for (std::size_t start = 1; start <= path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string segment = path.substr(start, end - start);
        const bool one = is_dots(segment, 1), two = is_dots(segment, 2), last = end == path.size();
        if (two && !segments.empty()) segments.pop_back();
        if (!one && !two) segments.push_back(segment);
        if ((one || two) && last) segments.emplace_back();
        start = end + 1;
    }
    std::string joined;
    for (const std::string& segment : segments)
        joined += "/" + segment;
    const std::size_t path_end = joined.size();
    joined += text.substr(query);
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (std::size_t i = 0; i < joined.size(); ++i) {
        const char c = joined[i];
        const auto byte = static_cast<unsigned char>(c);
        const bool in_path = i < path_end;
        const std::string_view escaped = in_path ? std::string_view("\"<>`{}^") : std::string_view("\"<>'");
        if (byte > 0x20 && byte < 0x7f && escaped.find(c) == std::string_view::npos) {
            out += c;
        } else {
            out.append({'%', kHex[byte >> 4U], kHex[byte & 0x0fU]});
        }
    }
    return out;
}

/// The URL as the URL standard serializes it; ws and wss are http and https underneath.
[[nodiscard]] std::string absolute_url(const Wanted& wanted, const config::Config& config, Case& out,
                                       std::string& problem) {
    std::string text = wanted.url;
    if (text.empty() || text.starts_with('/') || text.starts_with('?')) {
        text = base_of(config, problem) + text;
        if (!problem.empty()) return {};
        if (config.sites.front().public_origin.empty()) {
            out.notes.push_back("the file has no `public_origin`: " + text + " is a guess");
        }
    }
    if (take_websocket_scheme(text)) out.sender = Sender::websocket;
    const auto url = cors::parse_browser_url(text);
    if (!url || !url->is_http()) {
        problem = "\"" + wanted.url + "\" is neither a path (/api/x) nor an address (https://api.example.com/api/x)";
        return {};
    }
    // fetch() refuses these; handshakes and programs leave them out of the request.
    if (url->has_credentials && out.sender == Sender::page && !wanted.origin.empty()) return text;
    return url->origin + sent_path(url->path);
}

void take_header(Case& out, HeaderLine line) {
    if (ascii::iequals(line.name, "Origin") && out.request.origin.empty()) {
        out.request.origin = line.value;
        return;
    }
    out.request.headers.push_back(std::move(line));
}

/// Where a request that was seen came from, when Origin does not say: a GET to its own origin has none.
[[nodiscard]] std::string seen_origin(const HeaderLines& headers, const std::string& url) {
    const auto site = cors::get_header(headers, "Sec-Fetch-Site");
    const auto mode = cors::get_header(headers, "Sec-Fetch-Mode");
    if (mode != std::optional<std::string>("cors") && mode != std::optional<std::string>("same-origin")) return {};
    const auto parsed = cors::parse_browser_url(url);
    if (site == std::optional<std::string>("same-origin") && parsed) return parsed->origin;
    const auto referer = cors::parse_browser_url(cors::get_header(headers, "Referer").value_or(""));
    return referer ? referer->origin : std::string();
}

/// A preflight that was seen stands for the request that the page wanted.
void undo_preflight(Case& out, const HeaderLines& headers) {
    const auto method = cors::get_header(headers, "Access-Control-Request-Method");
    if (out.request.method != "OPTIONS" || !method) return;
    out.request.method = *method;
    out.request.headers.clear();
    const auto names = cors::extract_tokens(headers, "Access-Control-Request-Headers");
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        out.request.headers.push_back({name, "(unknown)"});  // unsafe for every name: that is why it was asked for
    }
    out.notes.emplace_back("this is a preflight: explained is the request that it asks for");
}

}  // namespace

bool take_websocket_scheme(std::string& url) {
    for (const auto& [from, to] : {std::pair{"ws://", "http://"}, std::pair{"wss://", "https://"}}) {
        if (!ascii::starts_with_lower(url, from)) continue;
        url.replace(0, std::string_view(from).size(), to);
        return true;
    }
    return false;
}

std::optional<cors::CredentialsMode> credentials_mode(std::string_view name) noexcept {
    if (name == "include") return cors::CredentialsMode::include;
    if (name == "same-origin") return cors::CredentialsMode::same_origin;
    if (name == "omit") return cors::CredentialsMode::omit;
    return std::nullopt;
}

std::optional<HeaderLine> header_line(const std::string& text) {
    const std::size_t end = text.find_first_of(":;", text.starts_with(':') ? 1 : 0);
    if (end == std::string::npos || end == 0) return std::nullopt;
    if (text[end] == ';' && end + 1 != text.size()) return std::nullopt;
    return HeaderLine{text.substr(0, end), std::string(ascii::trim_ows(std::string_view(text).substr(end + 1)))};
}

CaseRead case_of(const Wanted& wanted, const config::Config& config) {
    Case out;
    out.sender = wanted.sender;
    CaseRead result;
    out.request.url = absolute_url(wanted, config, out, result.problem);
    if (!result.problem.empty()) return result;
    out.request.method = wanted.method.empty() ? "GET" : wanted.method;
    out.request.origin = wanted.origin;
    for (const std::string& text : wanted.headers) {
        auto line = header_line(text);
        if (!line || !ascii::is_token(line->name)) {
            result.problem = "\"" + text + "\" is no header: write 'Name: value'";
            return result;
        }
        take_header(out, std::move(*line));
    }
    out.request.credentials = wanted.credentials.value_or(cors::CredentialsMode::same_origin);
    if (out.request.origin.empty()) {
        if (out.sender == Sender::page) out.sender = Sender::program;
        out.notes.emplace_back(out.sender == Sender::program
                                   ? "no --origin: a request without a page, as curl or another server sends it"
                                   : "no --origin: a handshake without a page");
    }
    result.found = std::move(out);
    return result;
}

CaseRead case_seen(Wanted wanted, const config::Config& config) {
    HeaderLines seen;
    for (const std::string& text : wanted.headers) {
        if (auto line = header_line(text)) seen.push_back(std::move(*line));
    }
    const auto upgrade = cors::get_header(seen, "Upgrade");
    if (upgrade && ascii::iequals(*upgrade, "websocket")) wanted.sender = Sender::websocket;
    if (wanted.origin.empty()) wanted.origin = cors::get_header(seen, "Origin").value_or("");
    if (wanted.origin.empty()) wanted.origin = seen_origin(seen, wanted.url);
    if (!wanted.credentials && cors::get_header(seen, "Cookie")) wanted.credentials = cors::CredentialsMode::include;
    CaseRead result = case_of(wanted, config);
    if (!result.found || result.found->sender != Sender::page) return result;
    Case& out = *result.found;
    HeaderLines kept;
    std::vector<std::string> left_out;
    for (HeaderLine& line : out.request.headers) {
        // What a script cannot set was the browser's, too; that goes without saying.
        if (cors::is_forbidden_header(line.name, line.value)) continue;
        if (is_browsers_own(line.name)) {
            left_out.push_back(line.name);
        } else {
            kept.push_back(std::move(line));
        }
    }
    out.request.headers = std::move(kept);
    if (!left_out.empty()) {
        out.notes.push_back("taken for the browser's own headers, which need no permission: " + comma_list(left_out));
    }
    undo_preflight(out, seen);
    return result;
}

}  // namespace corsd::cli::explained
