// What is to be explained: a request of a page, or of a program, from options, a curl command or a HAR file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/snapshot.hpp"
#include "cors/browser.hpp"

namespace corsd::cli::explained {

enum class Sender : std::uint8_t {
    page,       // fetch() of a page
    websocket,  // new WebSocket() of a page
    program,    // a request without a page: curl, a server, a navigation
};

struct Case {
    Sender sender = Sender::page;
    /// What the page asks for. Of a program: method, url and headers as they are sent; `origin` is empty.
    cors::PageRequest request;
    /// What was assumed, left out or not understood, in sentences.
    std::vector<std::string> notes;
};

/// What options add to a URL.
struct Wanted {
    std::string url;  // absolute, or a path below the site's public origin
    std::string origin, method;
    std::vector<std::string> headers;  // "Name: value"
    std::optional<cors::CredentialsMode> credentials;
    Sender sender = Sender::page;  // or websocket
};

struct CaseRead {
    std::optional<Case> found;
    std::string problem;  // a sentence, when nothing was found
};

[[nodiscard]] CaseRead case_of(const Wanted& wanted, const config::Config& config);

/// The same from a request that was seen on the wire, `wanted.headers` being all of its headers: what the browser adds
/// by itself is told from what the page's script set.
[[nodiscard]] CaseRead case_seen(Wanted wanted, const config::Config& config);

/// `url` with the scheme of its handshake when it begins with ws: or wss: (WHATWG WebSockets, 3.1); true then.
[[nodiscard]] bool take_websocket_scheme(std::string& url);

/// A credentials mode as fetch() names it (Fetch, 2.2.5): "include", "same-origin", "omit"; nothing for other texts.
[[nodiscard]] std::optional<cors::CredentialsMode> credentials_mode(std::string_view name) noexcept;

/// "Name: value" or "Name;" (empty) as curl takes it; nothing when it is neither.
[[nodiscard]] std::optional<cors::HeaderLine> header_line(const std::string& text);

}  // namespace corsd::cli::explained
