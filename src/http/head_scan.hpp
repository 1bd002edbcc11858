// The part of head reading that requests and responses share: lines found once, and what they say about the body.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "http/field_line.hpp"
#include "http/framing.hpp"

namespace corsd::http {

/// Finds the lines of a head that arrives in pieces. Every byte is looked at once.
class LineScanner {
  public:
    enum class Found : std::uint8_t { line, partial, too_large };

    void reset() noexcept { *this = {}; }

    /// The next line without its LF (a CR is still there); for partial and too_large what there is of it, up to one
    /// byte beyond `limit`. A line that ends beyond `limit` is never found, so that the answer does not depend on how
    /// the bytes were cut.
    [[nodiscard]] Found next(std::string_view data, std::size_t limit, std::string_view& line) noexcept {
        const auto end = std::min(data.size(), limit);
        if (scanned_ < end) {
            const auto* lf = static_cast<const char*>(std::memchr(data.data() + scanned_, '\n', end - scanned_));
            if (lf != nullptr) {
                const auto at = static_cast<std::size_t>(lf - data.data());
                line = data.substr(start_, at - start_);
                start_ = scanned_ = at + 1;
                return Found::line;
            }
            scanned_ = end;
        }
        line = data.substr(start_, std::min(data.size() - start_, limit - start_ + 1));
        return data.size() > limit ? Found::too_large : Found::partial;
    }

    /// The next line, if it is a whole and plain field line that next() has not looked at: found and split in one pass.
    [[nodiscard]] bool next_plain(std::string_view data, std::size_t limit, FieldLine& out) noexcept {
        if (scanned_ != start_) return false;
        const std::size_t size = parse_plain_line(data.substr(start_, std::min(data.size(), limit) - start_), out);
        start_ = scanned_ = start_ + size;
        return size != 0;
    }

    /// Bytes in finished lines.
    [[nodiscard]] std::size_t consumed() const noexcept { return start_; }

  private:
    std::size_t start_ = 0;
    std::size_t scanned_ = 0;
};

/// State of a head that is being read.
struct HeadScan {
    LineScanner lines;
    FramingFacts framing;
    std::size_t fields = 0;      // field lines seen, dropped ones included
    const char* base = nullptr;  // where the views of the head point into

    void reset() noexcept { *this = {}; }
};

/// Moves a view from one copy of the same bytes to another.
inline void move_view(std::string_view& view, const char* from, const char* to) noexcept {
    if (view.data() == nullptr) return;
    // By address, since `from` may be freed already.
    view = {to + (reinterpret_cast<std::uintptr_t>(view.data()) - reinterpret_cast<std::uintptr_t>(from)), view.size()};
}

}  // namespace corsd::http
