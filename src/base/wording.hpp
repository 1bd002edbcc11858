// How texts for people, and lists in fields, are put together. No state; any thread; throws only std::bad_alloc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace corsd {

/// Text of a file or a message inside a sentence: `text`.
[[nodiscard]] inline std::string in_backquotes(std::string_view text) {
    return "`" + std::string(text) + "`";
}

/// Adds `item` to a list of the form "a, b, c".
inline void append_to_list(std::string& list, std::string_view item) {
    if (!list.empty()) list += ", ";
    list += item;
}

/// "a, b, c": the form of a field's list (RFC 9110, 5.6.1), and of names in a sentence.
[[nodiscard]] inline std::string comma_list(const std::vector<std::string>& items) {
    std::string list;
    for (const std::string& item : items)
        append_to_list(list, item);
    return list;
}

}  // namespace corsd
