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

void append_indented(std::string& out, const value& from, std::size_t depth) {
    const auto line = [&](std::size_t level) { out += '\n' + std::string(2 * level, ' '); };
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

std::string indented_json(const value& document) {
    std::string out;
    append_indented(out, document, 0);
    return out + '\n';
}

}  // namespace corsd::cli
