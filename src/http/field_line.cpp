#include "http/field_line.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/ascii.hpp"

namespace corsd::http {

namespace {

constexpr std::uint8_t kNameByte = 1;
constexpr std::uint8_t kUnderscore = 2;

/// 0: not in a name.
constexpr std::array<std::uint8_t, 256> kNameTable = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = ascii::kTokenTable[i] ? kNameByte : std::uint8_t{0};
    table['_'] = kNameByte | kUnderscore;
    return table;
}();

/// How many bytes at the start of `text` are surely of a name: letters, digits, '-' and '.', looked at sixteen at once.
/// The bytes behind them are for the table to judge.
std::size_t plain_name_bytes(std::string_view text) noexcept {
    std::size_t at = 0;
#if defined(__SSE2__)
    for (; text.size() - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        const __m128i letter = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8('z' - 'a')), letter);
        const __m128i other = _mm_sub_epi8(bytes, _mm_set1_epi8('-'));  // '-' '.' '/' '0' to '9'
        const __m128i is_other = _mm_cmpeq_epi8(_mm_min_epu8(other, _mm_set1_epi8('9' - '-')), other);
        const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('/'));
        const __m128i good = _mm_or_si128(is_letter, _mm_andnot_si128(slash, is_other));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(good));
        if (mask != 0xffffU) return at + static_cast<std::size_t>(std::countr_one(mask));
    }
#endif
    return at;
}

bool is_clean_byte(char c) noexcept {
    return !ascii::is_control(c) || c == '\t';
}

#if defined(__SSE2__)
/// A bit for each byte that is a control character other than a tab.
unsigned control_mask(__m128i bytes) noexcept {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
}

bool is_clean_block(__m128i bytes) noexcept {
    return control_mask(bytes) == 0;
}

__m128i load_block(const char* text) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
}

/// Eight to sixteen bytes as one block: the first eight and the last eight, which may overlap.
__m128i load_ends(std::string_view text) noexcept {
    return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(text.data())),
                              _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text.data() + text.size() - 8)));
}
#endif

/// How many bytes at the start of `text`, a multiple of 16 at most, are surely of a value; the byte behind them is a
/// control character, or fewer than 16 bytes are left.
std::size_t plain_value_bytes(std::string_view text) noexcept {
    std::size_t at = 0;
#if defined(__SSE2__)
    for (; text.size() - at >= 16; at += 16) {
        const unsigned mask = control_mask(load_block(text.data() + at));
        if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
    }
#endif
    return at;
}

}  // namespace

const char* describe(LineFault fault) noexcept {
    switch (fault) {
        case LineFault::none:
            return "";
        case LineFault::bare_lf:
            return "a line ends in LF without CR";
        case LineFault::folded:
            return "a field line starts with white space";
        case LineFault::name:
            return "a field name is no token";
        case LineFault::no_colon:
            return "a field line has no colon";
        case LineFault::value:
            return "a control character in a field value";
    }
    return "";
}

bool is_clean_text(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
#if defined(__SSE2__)
    if (text.size() >= 16) {
        for (; end - at >= 16; at += 16) {
            if (!is_clean_block(load_block(at))) return false;
        }
        return at == end || is_clean_block(load_block(end - 16));
    }
    if (text.size() >= 8) return is_clean_block(load_ends(text));
#endif
    for (; at != end; ++at) {
        if (!is_clean_byte(*at)) return false;
    }
    return true;
}

std::size_t parse_plain_line(std::string_view data, FieldLine& out) noexcept {
    const std::size_t colon = plain_name_bytes(data);
    if (colon == 0 || colon >= data.size() || data[colon] != ':') return 0;
    const std::string_view rest = data.substr(colon + 1);
    std::size_t end = plain_value_bytes(rest);
    while (end < rest.size() && is_clean_byte(rest[end]))
        ++end;
    if (rest.size() - end < 2 || rest[end] != '\r' || rest[end + 1] != '\n') return 0;
    const std::string_view raw = rest.substr(0, end);
    const std::string_view value = ascii::trim_ows(raw);
    out.field.name = data.substr(0, colon);
    out.field.value = value;
    out.field.id = field_id(out.field.name);
    const bool one_space = raw.size() == value.size() + 1 && raw.front() == ' ';
    out.field.form = one_space ? LineForm::canonical : LineForm::other;
    out.underscore = false;
    return colon + 1 + end + 2;
}

LineFault parse_field_line(std::string_view line, FieldLine& out) noexcept {
    if (line.empty() || line.back() != '\r') return LineFault::bare_lf;
    line.remove_suffix(1);
    std::uint8_t seen = 0;
    std::size_t colon = plain_name_bytes(line);
    for (; colon < line.size(); ++colon) {
        const auto kind = kNameTable[static_cast<unsigned char>(line[colon])];
        if (kind == 0) break;
        seen |= kind;
    }
    if (colon == line.size()) return LineFault::no_colon;
    if (colon == 0 && ascii::is_ows(line.front())) return LineFault::folded;
    // White space before the colon is refused here like any other byte: RFC 9112 section 5.1.
    if (line[colon] != ':' || colon == 0) return LineFault::name;

    const auto raw = line.substr(colon + 1);
    const auto value = ascii::trim_ows(raw);
    if (!is_clean_text(value)) return LineFault::value;
    out.field.name = line.substr(0, colon);
    out.field.value = value;
    out.field.id = field_id(out.field.name);
    const bool one_space = raw.size() == value.size() + 1 && raw.front() == ' ';
    out.field.form = one_space ? LineForm::canonical : LineForm::other;
    out.underscore = (seen & kUnderscore) != 0;
    return LineFault::none;
}

}  // namespace corsd::http
