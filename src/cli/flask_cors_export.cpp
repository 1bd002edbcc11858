#include "cli/flask_cors_export.hpp"

#include <string_view>

#include "base/ascii.hpp"

namespace corsd::cli::flask_cors {

namespace {

using config::Node;
using config::Report;

constexpr std::string_view kFormat = "flask-cors-export/1";

/// Also of U+0080 to U+009F, in UTF-8.
[[nodiscard]] bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (ascii::is_control(text[i])) return true;
        if (text[i] == '\xc2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    }
    return false;
}

/// One object of the document, asked for its members by name.
class Object {
  public:
    Object(const Node& node, Report& report) : node_(node), report_(report) {
        if (node.kind != Node::Kind::map) {
            report.error("export-shape", node.span, "an object is expected here");
        }
    }

    /// Null when the member is absent or null.
    [[nodiscard]] const Node* find(std::string_view name) const {
        const config::Entry* const entry = node_.find(name);
        return entry == nullptr || entry->value.kind == Node::Kind::null ? nullptr : &entry->value;
    }
    [[nodiscard]] std::string text(std::string_view name) const {
        const Node* const found = find(name);
        return found == nullptr ? std::string{} : scalar(*found, "a string");
    }
    [[nodiscard]] std::string required_text(std::string_view name) const {
        if (find(name) == nullptr) missing(name);
        return text(name);
    }
    [[nodiscard]] const std::vector<Node>& items(std::string_view name) const {
        static const std::vector<Node> kNone;
        const Node* const found = find(name);
        if (found == nullptr) return kNone;
        if (found->kind != Node::Kind::sequence)
            report_.error("export-shape", found->span, "an array is expected here");
        return found->items;
    }
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
        std::vector<std::string> found;
        for (const Node& item : items(name))
            found.push_back(scalar(item, "a string"));
        return found;
    }
    /// Leaves `value` alone when the member is absent.
    void read_switch(std::string_view name, bool& value) const {
        const Node* const found = find(name);
        if (found == nullptr) return;
        const std::string text = scalar(*found, "true or false");
        if (text != "true" && text != "false") report_.error("export-shape", found->span, "true or false is expected");
        value = text == "true";
    }
    void missing(std::string_view name) const {
        report_.error("export-shape", node_.span, "\"" + std::string(name) + "\" is missing here");
    }

  private:
    [[nodiscard]] std::string scalar(const Node& node, const char* what) const {
        if (node.kind != Node::Kind::scalar) {
            report_.error("export-shape", node.span, std::string(what) + " is expected here");
            return {};
        }
        if (has_control(node.text)) {
            report_.error("control-character", node.span, "a control character, which no configuration may hold");
        }
        return node.text;
    }

    const Node& node_;
    Report& report_;
};

[[nodiscard]] Pattern read_pattern(const Node& node, Report& report) {
    const Object object(node, report);
    Pattern pattern;
    if (object.find("any") != nullptr) {
        pattern.kind = Pattern::Kind::any;
    } else if (object.find("expression") != nullptr) {
        pattern.kind = Pattern::Kind::expression;
        pattern.text = object.text("expression");
        pattern.flags = object.text("flags");
    } else {
        pattern.text = object.required_text("literal");
        if (pattern.text == "*") pattern.kind = Pattern::Kind::any;
    }
    return pattern;
}

[[nodiscard]] Options read_options(const Node& node, Report& report) {
    const Object object(node, report);
    Options options;
    for (const Node& item : object.items("origins"))
        options.origins.push_back(read_pattern(item, report));
    for (const Node& item : object.items("allow_headers"))
        options.allow_headers.push_back(read_pattern(item, report));
    options.methods = object.texts("methods");
    options.expose_headers = object.texts("expose_headers");
    options.unknown = object.texts("unknown");
    if (object.find("max_age") != nullptr) options.max_age = object.text("max_age");
    object.read_switch("supports_credentials", options.supports_credentials);
    object.read_switch("send_wildcard", options.send_wildcard);
    object.read_switch("vary_header", options.vary_header);
    object.read_switch("automatic_options", options.automatic_options);
    object.read_switch("always_send", options.always_send);
    object.read_switch("intercept_exceptions", options.intercept_exceptions);
    object.read_switch("allow_private_network", options.allow_private_network);
    return options;
}

[[nodiscard]] Resource read_resource(const Node& node, Report& report) {
    const Object object(node, report);
    Resource resource;
    resource.blueprint = object.text("blueprint");
    if (const Node* const pattern = object.find("pattern"))
        resource.pattern = read_pattern(*pattern, report);
    else
        object.missing("pattern");
    if (const Node* const options = object.find("options"))
        resource.options = read_options(*options, report);
    else
        object.missing("options");
    return resource;
}

[[nodiscard]] Route read_route(const Node& node, Report& report) {
    const Object object(node, report);
    Route route;
    route.rule = object.required_text("rule");
    route.methods = object.texts("methods");
    route.blueprint = object.text("blueprint");
    for (const Node& item : object.items("path")) {
        const Object part(item, report);
        route.path.push_back({part.text("text"), part.text("converter")});
    }
    if (const Node* const options = object.find("cross_origin")) route.cross_origin = read_options(*options, report);
    return route;
}

}  // namespace

Export read_export(const Node& root, Report& report) {
    const Object object(root, report);
    Export found;
    if (root.kind != Node::Kind::map) return found;
    const Node* const format = object.find("format");
    if (format == nullptr || object.text("format") != kFormat) {
        report.error("export-format", format == nullptr ? root.span : format->span,
                     "this is not what scripts/flask-cors-export.py of this version prints: \"format\" must be \"" +
                         std::string(kFormat) + "\"");
        return found;
    }
    if (const Node* const versions = object.find("versions")) {
        found.version = Object(*versions, report).text("flask-cors");
    }
    for (const Node& item : object.items("resources"))
        found.resources.push_back(read_resource(item, report));
    for (const Node& item : object.items("routes"))
        found.routes.push_back(read_route(item, report));
    found.unseen = object.texts("unseen");
    return found;
}

}  // namespace corsd::cli::flask_cors
