#include <array>

#include "base/ascii.hpp"
#include "http/field_line.hpp"
#include "http/h1_reader.hpp"
#include "http/list.hpp"
#include "http/target.hpp"

namespace corsd::http {

namespace {

/// Empty lines before a request line that are passed over (RFC 9112 section 2.2 asks for at least one).
constexpr std::size_t kMaxEmptyLines = 4;
/// No method in IANA's registry is longer than 17 bytes.
constexpr std::size_t kMaxMethod = 64;
/// What follows a target in its line, up to the CR: " HTTP/1.1\r". So the bound of a line's prefix is exactly that of
/// the target.
constexpr std::size_t kAfterTarget = 10;

/// Bytes of a request target: visible ASCII but '#' (RFC 9112 section 3.2; policy rule N48).
constexpr std::array<bool, 256> kTargetTable = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x21; c <= 0x7e; ++c)
        table[c] = c != '#';
    return table;
}();

/// Judges what there is of a request line. A verdict on some bytes holds for every line that starts with them, so that
/// it does not matter whether the line came whole or in pieces.
ParseFailure judge_prefix(std::string_view line, std::size_t target_bytes) noexcept {
    std::size_t method = 0;
    while (method < line.size() && method <= kMaxMethod && ascii::is_tchar(line[method]))
        ++method;
    if (method > kMaxMethod) return {Reason::not_implemented, "the method is too long"};
    if (method == line.size()) return {};
    if (method == 0 || line[method] != ' ') return {Reason::bad_request, "the method is no token"};
    if (line.size() - method - 1 > target_bytes + kAfterTarget)
        return {Reason::target_too_long, "the target is too long"};
    return {};
}

ParseFailure read_version(std::string_view text, std::uint8_t& minor) noexcept {
    constexpr ParseFailure kUnsupported{Reason::version_not_supported, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    if (text == "HTTP/1.1") {
        minor = 1;
        return {};
    }
    if (text == "HTTP/2" || text == "HTTP/3") return kUnsupported;
    if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || text[6] != '.' || !ascii::is_digit(text[5]) ||
        !ascii::is_digit(text[7])) {
        return {Reason::bad_request, "the request line is not 'method target version'"};
    }
    if (text[5] != '1') return kUnsupported;
    // RFC 9110 section 2.5: a higher minor version is read as the highest one that is known.
    minor = text[7] == '0' ? 0 : 1;
    return {};
}

/// Refused in any case: methods are case-sensitive, but an upstream that folds case must not be given one of these.
bool is_refused_method(std::string_view method) noexcept {
    return (method.size() == 5 && (ascii::equals_lower(method, "trace") || ascii::equals_lower(method, "track"))) ||
           (method.size() == 7 && ascii::equals_lower(method, "connect"));
}

}  // namespace

RequestReader::RequestReader(const HeadLimits& limits, Underscores underscores)
    : limits_(limits), underscores_(underscores) {}

void RequestReader::reset() noexcept {
    auto fields = std::move(head_.fields);
    fields.clear();
    head_ = {};
    head_.fields = std::move(fields);
    failure_ = {};
    phase_ = Phase::start_line;
    started_ = expects_continue_ = host_seen_ = false;
    empty_lines_ = 0;
    scan_.reset();
}

void RequestReader::configure(const HeadLimits& limits, Underscores underscores) noexcept {
    limits_ = limits;
    underscores_ = underscores;
}

Progress RequestReader::feed(std::string_view data) {
    if (failure_.reason != Reason::none) return Progress::failed;
    if (scan_.base != data.data()) rebase(data.data());
    if (phase_ == Phase::complete) return Progress::complete;
    return advance(data);
}

Progress RequestReader::advance(std::string_view data) {
    while (phase_ != Phase::complete) {
        FieldLine plain;
        if (phase_ == Phase::fields && scan_.lines.next_plain(data, limits_.head_bytes, plain)) {
            if (!count_field() || !take(plain)) return Progress::failed;
            continue;
        }
        std::string_view line;
        const auto found = scan_.lines.next(data, limits_.head_bytes, line);
        if (found != LineScanner::Found::line) return partial(found, line);
        const bool good = phase_ == Phase::start_line ? begin_line(line) : field_line(line);
        if (!good) return Progress::failed;
    }
    return Progress::complete;
}

/// An unfinished line: what can be said of it already?
Progress RequestReader::partial(LineScanner::Found found, std::string_view pending) {
    if (phase_ == Phase::start_line && !pending.empty() && pending != "\r") {
        started_ = true;
        if (!begin_method(pending)) return Progress::failed;
    }
    if (found == LineScanner::Found::partial) return Progress::need_more;
    (void)refuse(Reason::header_too_large, "the head is too large");
    return Progress::failed;
}

/// The method counts from here on, also of a line that is refused: an answer to HEAD has no body.
bool RequestReader::begin_method(std::string_view line) noexcept {
    const ParseFailure failure = judge_prefix(line, limits_.target_bytes);
    if (failure.reason == Reason::none || failure.reason == Reason::target_too_long) {
        const auto space = line.find(' ');
        if (space != std::string_view::npos) head_.method = line.substr(0, space);
    }
    return check(failure);
}

bool RequestReader::begin_line(std::string_view line) {
    if (line == "\r") {
        if (++empty_lines_ > kMaxEmptyLines)
            return refuse(Reason::bad_request, "too many empty lines before the request");
        return true;
    }
    started_ = true;
    if (!begin_method(line)) return false;
    if (line.empty() || line.back() != '\r') return refuse(Reason::bad_request, describe(LineFault::bare_lf));
    line.remove_suffix(1);

    const auto space = line.find(' ');
    if (space == std::string_view::npos) return refuse(Reason::bad_request, "the request line has no target");
    const auto rest = line.substr(space + 1);
    std::size_t size = 0;
    while (size < rest.size() && kTargetTable[static_cast<unsigned char>(rest[size])])
        ++size;
    if (size == 0) return refuse(Reason::bad_request, "the request line has no target");
    if (size == rest.size()) return refuse(Reason::bad_request, "the request line has no version");
    if (rest[size] != ' ') return refuse(Reason::bad_request, "a forbidden byte in the target");
    if (!check(read_version(rest.substr(size + 1), head_.minor))) return false;
    head_.target = rest.substr(0, size);
    if (is_refused_method(head_.method)) return refuse(Reason::not_implemented, "the method is not served here");
    phase_ = Phase::fields;
    if (head_.target.front() == '/') return true;
    // A URL, '*' or neither: part of the request line, so judged with it. Host is still unknown and takes no part.
    Target ignored;
    ParseFailure failure;
    return split_target(head_, ignored, failure) || check(failure);
}

bool RequestReader::field_line(std::string_view line) {
    if (line == "\r") return finish();
    if (!count_field()) return false;
    FieldLine parsed;
    const auto fault = parse_field_line(line, parsed);
    if (fault != LineFault::none) return refuse(Reason::bad_request, describe(fault));
    return take(parsed);
}

bool RequestReader::count_field() noexcept {
    return ++scan_.fields <= limits_.fields || refuse(Reason::header_too_large, "too many fields");
}

bool RequestReader::take(const FieldLine& parsed) {
    if (parsed.underscore && underscores_ != Underscores::keep) {
        // CGI and WSGI fold '-' and '_' into one: such a name could pass for another field behind us.
        if (underscores_ == Underscores::drop) return true;
        return refuse(Reason::bad_request, "an underscore in a field name");
    }
    if (!understand(parsed.field)) return false;
    head_.fields.push_back(parsed.field);
    return true;
}

bool RequestReader::understand(const Field& field) {
    switch (field.id) {
        case FieldId::host: {
            if (host_seen_) return refuse(Reason::bad_request, "Host is repeated");
            host_seen_ = true;
            head_.host = field.value;
            Authority ignored;
            // An empty Host is legal (RFC 9110 section 7.2).
            if (!field.value.empty() && !parse_authority(field.value, ignored)) {
                return refuse(Reason::bad_request, "Host is not a host with an optional port");
            }
            return true;
        }
        case FieldId::content_length:
            return check(scan_.framing.content_length(field.value));
        case FieldId::transfer_encoding:
            return check(scan_.framing.transfer_encoding(field.value));
        case FieldId::connection:
            scan_.framing.connection(field.value);
            return true;
        // Expectations that nobody knows are the upstream's to judge.
        case FieldId::expect:
            expects_continue_ = expects_continue_ || has_token(field.value, "100-continue");
            return true;
        default:
            return true;
    }
}

bool RequestReader::finish() {
    if (head_.minor > 0 && !host_seen_) return refuse(Reason::bad_request, "Host is missing");
    if (!check(scan_.framing.request(head_.minor, head_.framing))) return false;
    head_.persistence = scan_.framing.persistence(head_.minor);
    if (expects_continue_ && head_.minor > 0 && head_.framing.kind != BodyKind::none) {
        head_.expectation = Expectation::continue_100;
    }
    head_.bytes = scan_.lines.consumed();
    phase_ = Phase::complete;
    return true;
}

bool RequestReader::refuse(Reason reason, const char* detail) noexcept {
    failure_ = {reason, detail};
    return false;
}

bool RequestReader::check(const ParseFailure& failure) noexcept {
    return failure.reason == Reason::none || refuse(failure.reason, failure.detail);
}

void RequestReader::rebase(const char* base) noexcept {
    if (scan_.base != nullptr) {
        move_view(head_.method, scan_.base, base);
        move_view(head_.target, scan_.base, base);
        move_view(head_.host, scan_.base, base);
        for (auto& field : head_.fields) {
            move_view(field.name, scan_.base, base);
            move_view(field.value, scan_.base, base);
        }
    }
    scan_.base = base;
}

}  // namespace corsd::http
