#include "base/edit_distance.hpp"

#include <algorithm>
#include <array>

namespace corsd {

namespace {
constexpr std::size_t kMaxWord = 64;
using Row = std::array<std::size_t, kMaxWord + 1>;
}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
    if (a.size() > kMaxWord || b.size() > kMaxWord) return a == b ? 0 : std::max(a.size(), b.size());
    Row before{};
    Row above{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({substituted, above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
    }
    return above[b.size()];
}

bool is_near(std::string_view a, std::string_view b) noexcept {
    const std::size_t longest = std::max(a.size(), b.size());
    return edit_distance(a, b) <= std::min<std::size_t>(3, longest / 3);
}

}  // namespace corsd
