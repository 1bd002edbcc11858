#include "spec_table.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "base/ascii.hpp"
#include "config/diagnostic.hpp"

namespace corsd::config {
namespace {

constexpr std::string_view kGone = "-";  // a cell that takes away the line or the entry it would stand in

struct Cell {
    std::string place;  // "{column}"
    std::string text;
};
using Cells = std::vector<Cell>;

/// False when a cell takes the value away.
bool fill(Node& node, const Cells& cells) {
    for (const Cell& cell : cells) {
        for (std::size_t at; (at = node.text.find(cell.place)) != std::string::npos;) {
            if (cell.text == kGone) return false;
            node.text.replace(at, cell.place.size(), cell.text);
        }
    }
    const auto gone = [&](Node& one) { return !fill(one, cells); };
    node.items.erase(std::remove_if(node.items.begin(), node.items.end(), gone), node.items.end());
    node.entries.erase(
        std::remove_if(node.entries.begin(), node.entries.end(), [&](Entry& entry) { return gone(entry.value); }),
        node.entries.end());
    return true;
}

// <text*3> is texttexttext.
std::string unfolded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t open = text.find('<');
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        text.remove_prefix(open);
        const std::size_t star = text.find_first_of("<>*", 1);
        const std::size_t close = star == std::string_view::npos ? star : text.find('>', star);
        const bool repeats = close != std::string_view::npos && text[star] == '*' && star > 1 && close > star + 1 &&
                             std::all_of(text.begin() + static_cast<std::ptrdiff_t>(star) + 1,
                                         text.begin() + static_cast<std::ptrdiff_t>(close), ascii::is_digit);
        if (!repeats) {
            out += '<';
            text.remove_prefix(1);
            continue;
        }
        for (int left = std::stoi(std::string(text.substr(star + 1, close - star - 1))); left > 0; --left)
            out += text.substr(1, star - 1);
        text.remove_prefix(close + 1);
    }
    return out;
}

void unfold(Node& node) {
    node.text = unfolded(node.text);
    for (Node& item : node.items)
        unfold(item);
    for (Entry& entry : node.entries)
        unfold(entry.value);
}

Node resolved(const Node& written, const Cells& cells, const Node& outcomes) {
    Node made = written;
    const auto is_row = [](const Entry& entry) {
        return entry.key == "columns" || entry.key == "rows" || entry.key == "near_misses";
    };
    made.entries.erase(std::remove_if(made.entries.begin(), made.entries.end(), is_row), made.entries.end());
    if (made.find("expect") == nullptr) {
        Entry expect;
        expect.key = "expect";
        expect.value.kind = Node::Kind::scalar;
        expect.value.text = "{expect}";
        made.entries.push_back(std::move(expect));
    }
    for (Entry& entry : made.entries) {
        if (entry.key != "expect") continue;
        fill(entry.value, cells);
        if (entry.value.kind == Node::Kind::scalar) entry.value = Node(child_of(outcomes, entry.value.text));
    }
    for (Entry& entry : made.entries) {
        if (entry.key == "title") continue;
        fill(entry.value, cells);
        unfold(entry.value);
    }
    for (Entry& entry : made.entries) {
        if (entry.key != "title") continue;
        for (const Cell& cell : cells)
            fill(entry.value, {{cell.place, cell.text == kGone ? "absent" : cell.text}});
    }
    return made;
}

void add_rows(const Node& written, const Node& outcomes, std::vector<Node>& cases) {
    const Node& columns = child_of(written, "columns");
    if (columns.items.empty()) return cases.push_back(resolved(written, {}, outcomes));
    for (const char* rows : {"rows", "near_misses"}) {
        for (const Node& row : child_of(written, rows).items) {
            Cells cells;
            for (std::size_t i = 0; i < columns.items.size(); ++i)
                cells.push_back({"{" + columns.items[i].text + "}", row.items.at(i).text});
            cases.push_back(resolved(written, cells, outcomes));
        }
    }
}

Texts texts_of(const Node& map) {
    Texts texts;
    for (const Entry& entry : map.entries)
        texts[entry.key] = entry.value.text;
    return texts;
}

// The document's door takes no value of several lines, which the configurations are: they are cut out by their
// indentation.
std::string cut_configs(std::istream& file, Texts& configs) {
    std::string name, rest;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line[0] != ' ' && line[0] != '#') inside = line == "configs:";
        if (!inside) {
            rest += line + "\n";
        } else if (line.size() > 5 && line.compare(line.size() - 3, 3, ": |") == 0 && line[2] != ' ') {
            name = line.substr(2, line.size() - 5);
        } else if (line.compare(0, 4, "    ") == 0) {
            configs[name] += line.substr(4) + "\n";
        }
    }
    return rest;
}

}  // namespace

std::string text_of(const Node& map, std::string_view key, std::string otherwise) {
    const Entry* entry = map.find(key);
    return entry == nullptr ? std::move(otherwise) : entry->value.text;
}

const Node& child_of(const Node& map, std::string_view key) {
    static const Node kNothing;
    const Entry* entry = map.find(key);
    return entry == nullptr ? kNothing : entry->value;
}

SpecTable read_spec_table(const std::filesystem::path& path) {
    SpecTable table;
    std::ifstream file(path);
    const std::string rest = cut_configs(file, table.configs);
    Report report;
    const auto document = parse_document(rest, 0, report);
    std::string diagnostics;
    for (const Diagnostic& one : report.take())
        diagnostics += render(one, {{path.string(), rest}});
    if (!document || !diagnostics.empty()) throw std::runtime_error(diagnostics);
    table.environment = texts_of(child_of(*document, "environment"));
    table.files = texts_of(child_of(*document, "files"));
    for (const Node& one : child_of(*document, "cases").items)
        add_rows(one, child_of(*document, "outcomes"), table.cases);
    return table;
}

}  // namespace corsd::config
