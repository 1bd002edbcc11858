// Boost.JSON keeps the order of insertion, but writes everything on one line, and wants all of it at once; people read
// what these commands print, and what they print grows with the file.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace corsd::cli {

/// Writes a document piece by piece, with two spaces for each depth: a member a line, lists of objects an object a
/// line, other lists on one. Objects and lists that are opened here hold nothing in memory but the value that is put
/// last. Whatever is opened is closed; inside an object each value has a name before it. One thread.
class IndentedJson {
  public:
    /// Gets the text in pieces of some kilobytes, the last one when the outermost object or list is closed.
    using Sink = std::function<void(std::string_view)>;

    explicit IndentedJson(Sink sink) : sink_(std::move(sink)) {}

    void open_object() { open('{', '}'); }
    /// A list with an item a line.
    void open_list() { open('[', ']'); }
    void close();

    void name(std::string_view name);
    void put(const boost::json::value& value);
    void member(std::string_view called, const boost::json::value& value);

  private:
    struct Level {
        char end;
        bool empty = true;
    };

    void open(char begin, char end);
    /// Before an item: the comma, and its line.
    void begin_item();
    void hand_over(std::size_t more_than);

    Sink sink_;
    std::string text_;
    std::vector<Level> levels_;
    bool named_ = false;  // the next value stands behind its name
};

/// A whole document in that form. Ends in a newline. Pure, any thread.
[[nodiscard]] std::string indented_json(const boost::json::value& document);

}  // namespace corsd::cli
