// A curl command as people paste it: browsers' "Copy as cURL" and shells. It is read, never run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain_case.hpp"

namespace corsd::cli::explained {

struct Words {
    std::vector<std::string> words;
    std::vector<std::string> notes;
    std::string problem;  // a sentence; then there are no words
};

/// A POSIX shell's words, with $'…' of bash. The first unquoted operator (; | & < > or the end of a line) ends them;
/// nothing is substituted.
[[nodiscard]] Words shell_words(std::string_view text);

struct CurlRead {
    std::optional<Wanted> wanted;    // its headers are all that curl would send, as case_seen() takes them
    std::vector<std::string> notes;  // what was not understood, or does not matter here
    std::string problem;
};

[[nodiscard]] CurlRead read_curl(std::string_view command);

}  // namespace corsd::cli::explained
