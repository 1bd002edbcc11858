#include "base/ascii.hpp"
#include "http/field_line.hpp"
#include "http/h1_reader.hpp"

namespace corsd::http {

ResponseReader::ResponseReader(const HeadLimits& limits) : limits_(limits) {}

void ResponseReader::reset(AnsweredMethod method) noexcept {
    auto fields = std::move(head_.fields);
    fields.clear();
    head_ = {};
    head_.fields = std::move(fields);
    failure_ = {};
    method_ = method;
    phase_ = Phase::start_line;
    scan_.reset();
}

void ResponseReader::configure(const HeadLimits& limits) noexcept {
    limits_ = limits;
}

Progress ResponseReader::feed(std::string_view data) {
    if (failure_.reason != Reason::none) return Progress::failed;
    if (scan_.base != data.data()) rebase(data.data());
    if (phase_ == Phase::complete) return Progress::complete;
    return advance(data);
}

Progress ResponseReader::advance(std::string_view data) {
    while (phase_ != Phase::complete) {
        FieldLine plain;
        if (phase_ == Phase::fields && scan_.lines.next_plain(data, limits_.head_bytes, plain)) {
            if (!count_field() || !take(plain.field)) return Progress::failed;
            continue;
        }
        std::string_view line;
        const auto found = scan_.lines.next(data, limits_.head_bytes, line);
        if (found == LineScanner::Found::too_large) {
            (void)refuse("the head is too large");
            return Progress::failed;
        }
        if (found == LineScanner::Found::partial) return Progress::need_more;
        const bool good = phase_ == Phase::start_line ? status_line(line) : field_line(line);
        if (!good) return Progress::failed;
    }
    return Progress::complete;
}

/// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4). The second SP is missing in the
/// wild and tolerated: nothing can hide there.
bool ResponseReader::status_line(std::string_view line) {
    if (line.empty() || line.back() != '\r') return refuse(describe(LineFault::bare_lf));
    line.remove_suffix(1);
    if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || !ascii::is_digit(line[7]) || line[8] != ' ') {
        return refuse("the status line is not HTTP/1.1 or HTTP/1.0");
    }
    head_.minor = line[7] == '0' ? 0 : 1;
    unsigned status = 0;
    for (const char c : line.substr(9, 3)) {
        if (!ascii::is_digit(c)) return refuse("the status is not three digits");
        status = status * 10 + static_cast<unsigned>(c - '0');
    }
    // RFC 9110 section 15: 100 to 599; anything else is invalid.
    if (status < 100 || status > 599) return refuse("the status is not between 100 and 599");
    head_.status = static_cast<std::uint16_t>(status);
    if (line.size() > 12) {
        if (line[12] != ' ') return refuse("the status is not three digits");
        head_.reason_phrase = line.substr(13);
        if (!is_clean_text(head_.reason_phrase)) return refuse("a control character in the status line");
    }
    phase_ = Phase::fields;
    return true;
}

bool ResponseReader::field_line(std::string_view line) {
    if (line == "\r") return finish();
    if (!count_field()) return false;
    FieldLine parsed;
    const auto fault = parse_field_line(line, parsed);
    if (fault != LineFault::none) return refuse(describe(fault));
    return take(parsed.field);
}

bool ResponseReader::count_field() noexcept {
    return ++scan_.fields <= limits_.fields || refuse("too many fields");
}

bool ResponseReader::take(const Field& field) {
    ParseFailure failure;
    switch (field.id) {
        case FieldId::content_length:
            failure = scan_.framing.content_length(field.value);
            break;
        case FieldId::transfer_encoding:
            failure = scan_.framing.transfer_encoding(field.value);
            break;
        case FieldId::connection:
            scan_.framing.connection(field.value);
            break;
        default:
            break;
    }
    if (failure.reason != Reason::none) return refuse(failure.detail);
    head_.fields.push_back(field);
    return true;
}

bool ResponseReader::finish() {
    const auto failure = scan_.framing.response(method_, head_);
    if (failure.reason != Reason::none) return refuse(failure.detail);
    if (head_.status < 200 || head_.status == 204) {
        // RFC 9110 section 8.6: neither says how long a body would be, so what an upstream says all the same is not
        // passed on.
        std::erase_if(head_.fields, [](const Field& field) { return field.id == FieldId::content_length; });
    }
    head_.bytes = scan_.lines.consumed();
    phase_ = Phase::complete;
    return true;
}

bool ResponseReader::refuse(const char* detail) noexcept {
    failure_ = {Reason::upstream_invalid, detail};
    return false;
}

void ResponseReader::rebase(const char* base) noexcept {
    if (scan_.base != nullptr) {
        move_view(head_.reason_phrase, scan_.base, base);
        for (auto& field : head_.fields) {
            move_view(field.name, scan_.base, base);
            move_view(field.value, scan_.base, base);
        }
    }
    scan_.base = base;
}

}  // namespace corsd::http
