#include "cli/standard_output.hpp"

#include <cstdio>

namespace corsd::cli {

bool print(std::string_view text) noexcept {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

}  // namespace corsd::cli
