// One pattern of an origin list (policy rule C3): exact, subdomains, any port, "*", "null" or ~regex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cors/origin.hpp"

namespace re2 {
class RE2;
}

namespace corsd::cors {

/// Why a text is no origin pattern. `offset` is a byte in the text, `fix` the corrected text when there is an obvious
/// one: a pattern that parses (or has a place to fill in, or is several), never one that is wrong in another way.
struct OriginPatternError {
    enum class Code : std::uint8_t {
        empty,
        no_scheme,  // no "://"
        bad_scheme,
        scheme_file,
        userinfo,
        path,
        trailing_slash,
        query,
        fragment,
        white_space,
        control,
        upper_case,
        non_ascii,  // the caller, who has libidn2, adds the punycode form as the fix
        empty_host,
        empty_label,
        bad_host_byte,
        edge_hyphen,
        label_too_long,
        host_too_long,
        last_label_number,
        ipv4_form,
        ipv6_form,
        ipv6_brackets,
        ipv4_mapped,
        zone_id,
        port_empty,
        port_zero,
        port_too_big,
        port_leading_zero,
        port_not_number,
        default_port,
        wildcard_inside,   // https://a.*.example, https://app.*
        wildcard_partial,  // https://*foo.example
        wildcard_double,   // https://**.example
        wildcard_before_ip,
        wildcard_scheme,  // *://app.example, http*://…
        wildcard_host,    // https://* : every host
        comma_list,
        regex_without_tilde,
        bad_regex,
        bare_variable,       // $NAME instead of ${NAME}
        substituted_syntax,  // a '*' or a leading '~' or '@' that comes out of ${…} (C9)
        group_reference,     // '@': groups are resolved before patterns are parsed
    };
    Code code = Code::empty;
    std::size_t offset = 0;
    std::string message;
    std::string fix;
};

/// The stable name of a code, for example "origin_no_scheme". Static.
[[nodiscard]] std::string_view to_string(OriginPatternError::Code code) noexcept;

/// Which bytes of a text were written in the file, and so may act as syntax; those that a substitution produced may not
/// (C9).
class SyntaxMask {
  public:
    /// All bytes are written.
    SyntaxMask() = default;
    /// One element a byte of the text: true when it was written.
    explicit SyntaxMask(std::vector<bool> written) : written_(std::move(written)) {}

    [[nodiscard]] bool written(std::size_t offset) const noexcept {
        return offset >= written_.size() || written_[offset];
    }

  private:
    std::vector<bool> written_;
};

class OriginPattern {
  public:
    enum class Kind : std::uint8_t {
        exact,                // https://app.example
        subdomains,           // https://*.app.example
        any_port,             // http://localhost:*
        subdomains_any_port,  // https://*.app.example:*
        any,                  // "*"
        null,                 // "null": the caller checks its permission
        regex,                // ~…
    };

    /// Parses one pattern; rules that need more than its text (credentials, permissions, public suffixes, the rest of
    /// the list) are the caller's. Never throws but for lack of memory.
    [[nodiscard]] static std::variant<OriginPattern, OriginPatternError> parse(std::string_view text,
                                                                               const SyntaxMask& mask = {});

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// As written.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Empty for any, null and regex.
    [[nodiscard]] const std::string& scheme() const noexcept { return scheme_; }
    /// The host, for subdomains what follows "*."; empty for any, null and regex.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// 0: none written.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] HostKind host_kind() const noexcept { return host_kind_; }

    [[nodiscard]] bool is_wildcard() const noexcept {
        return kind_ == Kind::subdomains || kind_ == Kind::subdomains_any_port || kind_ == Kind::any;
    }
    [[nodiscard]] bool has_any_port() const noexcept {
        return kind_ == Kind::any_port || kind_ == Kind::subdomains_any_port;
    }
    /// Every origin it admits has the scheme https. For a regex: no probe with another scheme matches.
    [[nodiscard]] bool is_https() const noexcept;
    /// Every origin it admits is on this machine: localhost, *.localhost, 127/8, [::1].
    [[nodiscard]] bool is_loopback() const noexcept;
    /// Admits hosts without any bound for some scheme and port. Never false for a regex that does, over the schemes and
    /// ports that its text names and the usual ones; true for a few that do not quite.
    [[nodiscard]] bool admits_any_host() const;
    /// Null unless kind() is regex. Matches only whole texts: use RE2::FullMatch on the text of a parsed Origin (N10).
    [[nodiscard]] const re2::RE2* regex() const noexcept { return regex_.get(); }

    /// The naive test of one origin; serving uses OriginSet. `any` admits every origin, `null` none.
    [[nodiscard]] bool matches(const Origin& origin) const noexcept;

  private:
    friend class OriginPatternParser;

    Kind kind_ = Kind::exact;
    HostKind host_kind_ = HostKind::domain;
    std::uint16_t port_ = 0;
    std::string text_, scheme_, host_;
    std::shared_ptr<const re2::RE2> regex_;
    std::string beginning_;  // what all texts that the regex matches begin with, as far as RE2 tells
};

}  // namespace corsd::cors
