#include "cli/indented_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace corsd::cli {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::size_t kPiece = 64 * 1024;

void append_line(std::string& out, std::size_t depth) {
    out += '\n';
    out.append(2 * depth, ' ');
}

void append_indented(std::string& out, const value& from, std::size_t depth) {
    const auto line = [&](std::size_t level) { append_line(out, level); };
    if (const object* map = from.if_object(); map != nullptr && !map->empty()) {
        const char* before = "{";
        for (const auto& member : *map) {
            out += std::exchange(before, ",");
            line(depth + 1);
            out += boost::json::serialize(member.key()) + ": ";
            append_indented(out, member.value(), depth + 1);
        }
        line(depth);
        out += '}';
    } else if (const array* list = from.if_array(); list != nullptr && !list->empty() && list->front().is_object()) {
        const char* before = "[";
        for (const value& item : *list) {
            out += std::exchange(before, ",");
            line(depth + 1);
            append_indented(out, item, depth + 1);
        }
        line(depth);
        out += ']';
    } else {
        out += boost::json::serialize(from);
    }
}

}  // namespace

void IndentedJson::open(char begin, char end) {
    begin_item();
    text_ += begin;
    levels_.push_back({end});
}

void IndentedJson::close() {
    const Level level = levels_.back();
    levels_.pop_back();
    if (!level.empty) append_line(text_, levels_.size());
    text_ += level.end;
    if (levels_.empty()) text_ += '\n';
    hand_over(levels_.empty() ? 0 : kPiece);
}

void IndentedJson::name(std::string_view name) {
    begin_item();
    text_ += boost::json::serialize(value(name)) + ": ";
    named_ = true;
}

void IndentedJson::put(const value& value) {
    begin_item();
    append_indented(text_, value, levels_.size());
    hand_over(kPiece);
}

void IndentedJson::member(std::string_view called, const value& value) {
    name(called);
    put(value);
}

void IndentedJson::begin_item() {
    if (std::exchange(named_, false) || levels_.empty()) return;
    if (!std::exchange(levels_.back().empty, false)) text_ += ',';
    append_line(text_, levels_.size());
}

void IndentedJson::hand_over(std::size_t more_than) {
    if (text_.size() <= more_than) return;
    sink_(text_);
    text_.clear();
}

std::string indented_json(const value& document) {
    std::string out;
    append_indented(out, document, 0);
    return out + '\n';
}

}  // namespace corsd::cli
