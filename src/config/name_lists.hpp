// Lists of method and header names, and what may not stand in them (policy section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/expand.hpp"

namespace corsd::config {

struct NameList {
    std::vector<std::string> names;  // the good ones, each once, in order
    std::vector<SourceSpan> spans;
};

[[nodiscard]] NameList read_methods(const Node& value, Context& context);
[[nodiscard]] NameList read_allow_headers(const Node& value, Context& context);
[[nodiscard]] NameList read_expose_headers(const Node& value, Context& context);

/// The method that a text means in another case of letters, GET for `get`; else the text itself.
[[nodiscard]] std::string method_meant(std::string_view text);

}  // namespace corsd::config
