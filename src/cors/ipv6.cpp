#include "cors/ipv6.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

// A dotted quad at the end of an address stands for its last two pieces.
bool parse_quad(std::string_view text, std::uint16_t* pieces) noexcept {
    std::uint32_t address = 0;
    for (int part = 0; part < 4; ++part) {
        std::size_t digits = 0;
        std::uint32_t value = 0;
        while (digits < text.size() && digits < 3 && ascii::is_digit(text[digits])) {
            value = value * 10 + static_cast<std::uint32_t>(text[digits++] - '0');
        }
        if (digits == 0 || value > 255) return false;
        text.remove_prefix(digits);
        address = address << 8 | value;
        if (part == 3) break;
        if (text.empty() || text.front() != '.') return false;
        text.remove_prefix(1);
    }
    if (!text.empty()) return false;
    pieces[0] = static_cast<std::uint16_t>(address >> 16);
    pieces[1] = static_cast<std::uint16_t>(address & 0xffff);
    return true;
}

// Pieces up to the end of `text`, which holds no "::". Returns how many, or -1.
int parse_run(std::string_view text, std::uint16_t* pieces, int room) noexcept {
    if (text.empty()) return 0;
    for (int count = 0;;) {
        const std::string_view piece = text.substr(0, text.find(':'));
        if (piece.find('.') != std::string_view::npos) {
            const bool last = piece.size() == text.size();
            return last && room - count >= 2 && parse_quad(piece, pieces + count) ? count + 2 : -1;
        }
        if (count == room || piece.empty() || piece.size() > 4) return -1;
        unsigned value = 0;
        for (const char c : piece) {
            const int digit = ascii::hex_value(c);
            if (digit < 0) return -1;
            value = value << 4 | static_cast<unsigned>(digit);
        }
        pieces[count++] = static_cast<std::uint16_t>(value);
        if (piece.size() == text.size()) return count;
        text.remove_prefix(piece.size() + 1);
    }
}

}  // namespace

std::optional<Ipv6Pieces> parse_ipv6(std::string_view text) noexcept {
    Ipv6Pieces pieces{};
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        if (parse_run(text, pieces.data(), 8) != 8) return std::nullopt;
        return pieces;
    }
    if (text.find("::", gap + 1) != std::string_view::npos) return std::nullopt;
    const std::string_view before = text.substr(0, gap);
    if (before.find('.') != std::string_view::npos) return std::nullopt;
    const int head = parse_run(before, pieces.data(), 8);
    if (head < 0) return std::nullopt;
    Ipv6Pieces tail{};
    const int rest = parse_run(text.substr(gap + 2), tail.data(), 8);
    if (rest < 0 || head + rest > 7) return std::nullopt;
    std::copy_n(tail.begin(), rest, pieces.end() - rest);
    return pieces;
}

Ipv6Text::Ipv6Text(const Ipv6Pieces& pieces) noexcept {
    // RFC 5952 section 4.2: the longest run of two or more zero pieces, the first of several, becomes "::".
    std::size_t gap = 8, gap_length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && pieces[end] == 0)
            ++end;
        if (end - i > gap_length) {
            gap = i;
            gap_length = end - i;
        }
        i = end + 1;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == gap) {
            text_[size_++] = ':';
            if (i == 0) text_[size_++] = ':';
            i += gap_length - 1;
            continue;
        }
        append(pieces[i]);
        if (i != 7) text_[size_++] = ':';
    }
}

void Ipv6Text::append(std::uint16_t piece) noexcept {
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        const unsigned digit = (static_cast<unsigned>(piece) >> shift) & 0xfU;
        started = started || digit != 0 || shift == 0;
        if (started) text_[size_++] = "0123456789abcdef"[digit];
    }
}

bool is_ipv4_mapped(const Ipv6Pieces& pieces) noexcept {
    return std::all_of(pieces.begin(), pieces.begin() + 5, [](std::uint16_t piece) { return piece == 0; }) &&
           pieces[5] == 0xffff;
}

}  // namespace corsd::cors
