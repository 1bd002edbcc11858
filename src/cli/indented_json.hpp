// Boost.JSON keeps the order of insertion, but writes everything on one line; people read what these commands print.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace corsd::cli {

/// The document with two spaces for each depth: a member a line, lists of objects an object a line, other lists on
/// one. Ends in a newline. Pure, any thread.
[[nodiscard]] std::string indented_json(const boost::json::value& document);

}  // namespace corsd::cli
