// What scripts/flask-cors-export.py wrote of an application, as typed values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/report.hpp"

namespace corsd::cli::flask_cors {

/// An origin, a header name or a path as Flask-CORS compares it.
struct Pattern {
    enum class Kind : std::uint8_t {
        any,         // "*"
        literal,     // the whole text
        expression,  // Python's re.match: from the start, with an open end
    };
    Kind kind = Kind::literal;
    std::string text;
    std::string flags;  // of an expression: letters of "imsx"

    friend bool operator==(const Pattern&, const Pattern&) = default;
};

/// The options in force at one place, with Flask-CORS's defaults filled in.
struct Options {
    std::vector<Pattern> origins, allow_headers;
    std::vector<std::string> methods, expose_headers;
    std::vector<std::string> unknown;    // given, but no options of Flask-CORS
    std::optional<std::string> max_age;  // in seconds, as sent; none: not sent
    bool supports_credentials = false;
    bool send_wildcard = false;
    bool vary_header = true;
    bool automatic_options = true;
    bool always_send = true;
    bool intercept_exceptions = true;
    bool allow_private_network = false;

    friend bool operator==(const Options&, const Options&) = default;
};

/// An entry of CORS(app, resources=…), in the order in which Flask-CORS tries them.
struct Resource {
    std::string blueprint;  // of CORS(blueprint, …); empty: of the application
    Pattern pattern;
    Options options;
};

struct Route {
    struct Part {
        std::string text;       // as it is, when `converter` is empty
        std::string converter;  // of an argument: "default", "int", "path" …
    };
    std::string rule;
    std::vector<Part> path;
    std::vector<std::string> methods;
    std::string blueprint;
    std::optional<Options> cross_origin;  // of @cross_origin
};

struct Export {
    std::string version;  // of Flask-CORS; may be empty
    std::vector<Resource> resources;
    std::vector<Route> routes;
    std::vector<std::string> unseen;  // sentences
};

/// Reads the document; what is missing or of another type is reported with its place. The result counts only when
/// nothing was reported.
[[nodiscard]] Export read_export(const config::Node& root, config::Report& report);

}  // namespace corsd::cli::flask_cors
