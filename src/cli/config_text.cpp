#include "cli/config_text.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace corsd::cli {

namespace {

using config::Node;

[[nodiscard]] std::size_t indent_of(std::string_view line) noexcept {
    return std::min(line.find_first_not_of(' '), line.size());
}

[[nodiscard]] bool is_empty(std::string_view line) noexcept {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos || line[first] == '#';
}

/// Walks over YAML in flow style: quotes and comments are passed over whole.
class FlowScan {
  public:
    /// True while `c` is part of a quoted text or a comment.
    bool passes_over(char c, char before) noexcept {
        if (quote_ != 0) {
            if (escaped_) {
                escaped_ = false;
            } else if (c == '\\' && quote_ == '"') {
                escaped_ = true;
            } else if (c == quote_) {
                quote_ = 0;
            }
            return false;  // significant, but no bracket
        }
        if (c == '#' && (before == ' ' || before == '\t')) comment_ = true;
        if (!comment_ && (c == '"' || c == '\'')) quote_ = c;
        return comment_;
    }
    void end_line() noexcept { comment_ = false; }
    [[nodiscard]] bool quoted() const noexcept { return quote_ != 0; }

  private:
    char quote_ = 0;
    bool escaped_ = false, comment_ = false;
};

}  // namespace

ConfigText::ConfigText(const std::string& text) {
    std::size_t number = 0;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        lines_.push_back({text.substr(start, end - start), ++number, false});
        start = end + 1;
    }
    (void)parse();
}

std::string ConfigText::text() const {
    std::string out;
    for (const Line& line : lines_)
        out += line.text + '\n';
    if (!out.empty()) out.pop_back();
    return out;
}

bool ConfigText::parse() {
    std::string all = text();
    if (all.starts_with(config::kByteOrderMark)) all.replace(0, config::kByteOrderMark.size(), "   ");  // columns stay
    config::Report report;
    auto root = config::parse_document(all, 0, report);
    if (!root || report.has_errors()) return false;
    root_ = std::move(*root);
    return true;
}

bool ConfigText::commit(std::vector<Line> lines) {
    std::vector<Line> before = std::exchange(lines_, std::move(lines));
    if (parse()) return true;
    lines_ = std::move(before);
    (void)parse();
    return false;
}

bool ConfigText::holds(Place place, char c) const noexcept {
    return place.line < lines_.size() && place.column < lines_[place.line].text.size() &&
           lines_[place.line].text[place.column] == c;
}

/// Behind the last byte that says something before the bracket that closes the one at `open`.
std::optional<ConfigText::Place> ConfigText::last_before_close(Place open) const {
    FlowScan scan;
    std::size_t depth = 0;
    Place last = open;
    for (std::size_t number = open.line; number < lines_.size(); ++number) {
        const std::string& line = lines_[number].text;
        for (std::size_t i = number == open.line ? open.column : 0; i < line.size(); ++i) {
            const char c = line[i];
            const bool quoted = scan.quoted();
            if (scan.passes_over(c, i == 0 ? ' ' : line[i - 1])) break;
            if (!quoted && (c == '[' || c == '{')) ++depth;
            if (!quoted && (c == ']' || c == '}') && --depth == 0) return last;
            if (quoted || !(ascii::is_ows(c) || c == '\r')) last = {number, i + 1};
        }
        scan.end_line();
    }
    return std::nullopt;
}

bool ConfigText::insert(Place at, std::string_view text) {
    std::vector<Line> lines = lines_;
    lines[at.line].text.insert(at.column, text);
    lines[at.line].changed = true;
    return commit(std::move(lines));
}

bool ConfigText::insert_line(std::size_t after, std::string text) {
    std::vector<Line> lines = lines_;
    if (lines[after].text.ends_with('\r')) text += '\r';
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(after) + 1, Line{std::move(text), 0, true});
    return commit(std::move(lines));
}

bool ConfigText::append_item(const Node& list, std::string_view item) {
    if (list.kind == Node::Kind::scalar) return replace(list, "[\"" + list.text + "\", " + std::string(item) + "]");
    if (list.kind != Node::Kind::sequence || !list.span.known()) return false;
    const Place start{list.span.line - 1, list.span.column - 1};
    if (holds(start, '[')) {
        const auto last = last_before_close(start);
        if (!last) return false;
        const char before = lines_[last->line].text[last->column - 1];
        const bool first = list.items.empty();
        return insert(*last, (first ? "" : before == ',' ? " " : ", ") + std::string(item));
    }
    if (list.items.empty()) return false;
    const std::size_t number = list.items.back().span.line - 1;
    const std::string& line = lines_[number].text;
    const std::size_t dash = line.find('-');
    if (dash == std::string::npos || dash != line.find_first_not_of(' ')) return false;
    return insert_line(number, line.substr(0, dash) + "- " + std::string(item));
}

bool ConfigText::insert_key(const Node& map, std::string_view key, std::string_view value) {
    const std::string pair = std::string(key) + ": " + std::string(value);
    const Place start{map.span.line - 1, map.span.column - 1};
    if (map.kind == Node::Kind::map && map.span.known() && holds(start, '{')) {
        const auto last = last_before_close(start);
        if (!last) return false;
        const char before = lines_[last->line].text[last->column - 1];
        return insert(*last, (map.entries.empty() ? "" : before == ',' ? " " : ", ") + pair);
    }
    if (map.kind != Node::Kind::map || map.entries.empty()) return false;
    const SourceSpan& first = map.entries.front().key_span;
    std::vector<Line> lines = lines_;
    const std::size_t number = first.line - 1, column = first.column - 1;
    std::string& line = lines[number].text;
    std::string rest = std::string(column, ' ') + line.substr(column);
    const std::string end = line.ends_with('\r') ? "\r" : "";
    // The first key may stand behind a dash; then the new one takes its place there.
    Line inserted{line.substr(0, column) + pair + end, 0, true};
    line = std::move(rest);
    if (line != lines_[number].text) lines[number].changed = true;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(number), std::move(inserted));
    return commit(std::move(lines));
}

bool ConfigText::replace(const Node& scalar, std::string_view value) {
    if (scalar.kind != Node::Kind::scalar || !scalar.verbatim || !scalar.span.known()) return false;
    std::vector<Line> lines = lines_;
    Line& line = lines[scalar.span.line - 1];
    line.text.replace(scalar.span.column - 1, scalar.span.length, value);
    line.changed = true;
    return commit(std::move(lines));
}

std::vector<ChangedLine> ConfigText::changed_lines() const {
    std::vector<ChangedLine> changed;
    std::size_t behind = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        behind = std::max(behind, lines_[i].before);
        if (lines_[i].changed) changed.push_back({i + 1, lines_[i].before, behind});
    }
    return changed;
}

std::string ConfigText::changed_yaml() const {
    std::string out;
    std::vector<std::size_t> shown;  // the lines that `out` ends with and that others may stand under
    for (const ChangedLine& changed : changed_lines()) {
        const std::size_t number = changed.number;
        std::vector<std::size_t> chain{number - 1};
        std::size_t indent = indent_of(lines_[number - 1].text);
        for (std::size_t i = number - 1; i-- > 0 && indent > 0;) {
            const std::string& line = lines_[i].text;
            if (is_empty(line) || indent_of(line) >= indent) continue;
            indent = indent_of(line);
            chain.push_back(i);
        }
        for (auto one = chain.rbegin(); one != chain.rend(); ++one) {
            if (std::find(shown.begin(), shown.end(), *one) != shown.end()) continue;
            shown.push_back(*one);
            std::string_view line = lines_[*one].text;
            if (line.ends_with('\r')) line.remove_suffix(1);
            out.append(line).append("\n");
        }
    }
    return out;
}

}  // namespace corsd::cli
