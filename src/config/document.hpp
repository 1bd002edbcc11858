// The one door to yaml-cpp: a text becomes a tree that remembers where everything stands, or diagnostics (C10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.hpp"

namespace corsd::config {

struct Entry;

/// A value of the file. What C10 refuses (aliases, anchors, tags, duplicate and merge keys) never gets into a tree.
struct Node {
    enum class Kind : std::uint8_t {
        null,  // nothing written, `null` or `~`
        scalar,
        sequence,
        map,
        broken,  // already reported: not judged any further
    };
    Kind kind = Kind::null;
    bool quoted = false;    // written with quotes or as a block: always text, never null, number or boolean
    bool verbatim = false;  // the bytes of `text` stand in the file one by one from text_column on
    std::string text;
    std::vector<bool> written;  // per byte of `text`: not from a substitution (C9); empty: all
    SourceSpan span;
    std::uint32_t text_column = 0;
    std::vector<Node> items;
    std::vector<Entry> entries;

    /// The place of `length` bytes of `text` from `offset`; the whole value when that is not known.
    [[nodiscard]] SourceSpan at(std::size_t offset, std::size_t length = 1) const noexcept;
    /// The entry called `key`, or null.
    [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
};

struct Entry {
    std::string key;
    SourceSpan key_span;
    Node value;
};

inline constexpr std::size_t kMaxDocumentBytes = 16U << 20U;
inline constexpr std::size_t kMaxDepth = 32;
/// Keys and values of a file; ten thousand resources have some hundred thousand. Bounds what a load costs in memory.
inline constexpr std::size_t kMaxValues = 1'000'000;

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
/// Editors on Windows begin files with it; lines and columns are counted without.
inline void drop_byte_order_mark(std::string& text) {
    if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
}

/// Checks the bytes that YAML would let through: size, UTF-8, controls. False when something was reported.
[[nodiscard]] bool check_text(std::string_view text, std::uint32_t file, Report& report);

/// Parses `text`, which check_text accepted and which has no byte order mark. Empty when the text is no YAML; an empty
/// text is an empty map.
[[nodiscard]] std::optional<Node> parse_document(std::string_view text, std::uint32_t file, Report& report);

}  // namespace corsd::config
