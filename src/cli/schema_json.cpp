#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>

#include "cli/indented_json.hpp"
#include "cli/schema.hpp"
#include "cli/schema_text.hpp"
#include "config/fields.hpp"
#include "config/schema.hpp"

namespace corsd::cli {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using config::Key;
using config::Section;
using config::Type;

object reference(std::string_view definition) {
    return {{"$ref", "#/definitions/" + std::string(definition)}};
}

object one_of(array alternatives) {
    return {{"anyOf", std::move(alternatives)}};
}

object constant(std::string_view word) {
    return {{"const", word}};
}

std::string_view definition_of(Section section) {
    switch (section) {
        case Section::root:
            return "root";
        case Section::listener:
            return "listener";
        case Section::upstream:
            return "upstream";
        case Section::keepalive:
            return "keepalive";
        case Section::queue:
            return "queue";
        case Section::ejection:
            return "ejection";
        case Section::retry:
            return "retry";
        case Section::site:
            return "site";
        case Section::policy:
            return "policy";
        case Section::resource:
            return "resource";
        case Section::limits:
            return "limits";
        case Section::timeouts:
            return "timeouts";
        case Section::paths:
            return "paths";
        case Section::headers:
            return "headers";
        case Section::log:
            return "log";
        case Section::access:
            return "access";
        case Section::status:
            return "status";
    }
    return "";
}

object names_of(const Key& key) {
    object below = reference("texts");
    if (const auto section = config::section_below(key)) {
        below = *section == Section::resource ? reference("resource_or_list") : reference(definition_of(*section));
    }
    return {{"type", "object"}, {"additionalProperties", std::move(below)}};
}

/// What a value of the key looks like, without its documentation.
object shape_of(const Key& key) {
    switch (key.type) {
        case Type::text:
            return {{"type", "string"}};
        case Type::choice: {
            array words;
            for (const std::string_view word : choices_of(key))
                words.emplace_back(word);
            return one_of({object{{"enum", std::move(words)}}, reference("substitution")});
        }
        case Type::boolean:
            return one_of({object{{"type", "boolean"}}, reference("substitution")});
        case Type::count:
            return one_of({object{{"type", "integer"}, {"minimum", 0}}, reference("substitution")});
        case Type::preflight_status:
            return one_of({object{{"enum", {204, 200}}}, reference("substitution")});
        case Type::size:
            return reference("size");
        case Type::duration:
            return reference("duration");
        case Type::max_age:
            return reference("max_age");
        case Type::threads:
            return one_of({object{{"type", "integer"}, {"minimum", 1}, {"maximum", 1024}}, constant("auto"),
                           reference("substitution")});
        case Type::list:
            return reference("texts");
        case Type::star_list:
            return one_of({reference("texts"), constant("*")});
        case Type::inherit_list:
            return one_of({reference("texts"), constant("inherit")});
        case Type::permissions: {
            array names;
            for (const std::string_view name : config::kPermissionNames)
                names.emplace_back(name);
            return {{"type", "array"},
                    {"items", one_of({object{{"enum", std::move(names)}}, reference("substitution")})}};
        }
        case Type::group:
            return {{"allOf", array{reference(definition_of(*config::section_below(key)))}}};
        case Type::names:
            return names_of(key);
        case Type::sequence:
            return {{"type", "array"}, {"items", reference(definition_of(*config::section_below(key)))}};
    }
    return {};
}

value list_default(std::string_view written) {
    array items;
    for (const std::string_view item : items_of(written))
        items.emplace_back(item);
    return items;
}

/// The default as JSON has it; null when none is worth telling.
value default_of(const Key& key) {
    const std::string_view written = default_text(key);
    switch (key.type) {
        case Type::boolean:
            return written == "true";
        case Type::list:
        case Type::star_list:
        case Type::permissions:
            return list_default(written);
        case Type::group:
        case Type::names:
        case Type::sequence:
            return nullptr;
        default:
            break;
    }
    if (written.empty() || written == "\"\"") return nullptr;
    if (const auto number = config::parse_count(written)) return *number;
    return boost::json::string(written);
}

object property_of(const Key& key) {
    object property = shape_of(key);
    if (property.contains("$ref")) {
        // What stands beside a $ref is ignored by draft-07.
        array only{std::move(property)};
        property = object{{"allOf", std::move(only)}};
    }
    property["description"] = plain_doc(key.doc);
    if (value fallback = default_of(key); !fallback.is_null()) property["default"] = std::move(fallback);
    return property;
}

/// Two keys of which at most one is given.
object not_both(std::string_view first, std::string_view second) {
    return {{"not", object{{"required", array{value(first), value(second)}}}}};
}

object section_schema(Section section) {
    object properties;
    array required;
    for (const Key& key : config::all_keys()) {
        if (key.support == config::Support::not_yet) continue;
        if (key.section == section) {
            properties[key.name] = property_of(key);
            if (config::is_required(key)) required.emplace_back(key.name);
        } else if (section == Section::resource && key.section == Section::policy) {
            properties[key.name] = reference("policy/properties/" + std::string(key.name));
        }
    }
    object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    if (section == Section::policy || section == Section::resource) {
        schema["allOf"] = array{not_both("credentials", "supports_credentials")};
    }
    return schema;
}

object scalar_with_unit(std::string_view description, std::string_view pattern, int least) {
    return {{"description", description},
            {"anyOf", array{object{{"type", "integer"}, {"minimum", least}},
                            object{{"type", "string"}, {"pattern", pattern}}, reference("substitution")}}};
}

object definitions() {
    object all;
    all["substitution"] =
        object{{"description", "A value from the environment or a file: ${NAME}, ${NAME:-default}, ${file:PATH}."},
               {"type", "string"},
               {"pattern", "\\$\\{"}};
    all["texts"] = object{{"type", "array"}, {"items", object{{"type", "string"}}}};
    all["size"] =
        scalar_with_unit("An integer with KiB, MiB or GiB; a bare integer is bytes.", "^[0-9]+(KiB|MiB|GiB)?$", 0);
    all["duration"] =
        scalar_with_unit("An integer with ms, s, m, h or d; a bare integer is seconds.", "^[0-9]+(ms|s|m|h|d)?$", 0);
    object max_age =
        scalar_with_unit("A duration in whole seconds, at most 24h; -1 is never, null is left to browsers.",
                         "^-?[0-9]+(ms|s|m|h|d)?$", -1);
    array& forms = max_age["anyOf"].as_array();
    forms.front().as_object()["maximum"] = 86'400;
    forms.emplace_back(object{{"type", "null"}});
    all["max_age"] = std::move(max_age);
    for (const Section section : kSections) {
        if (section != Section::root) all[definition_of(section)] = section_schema(section);
    }
    object entry{{"allOf", array{reference("resource")}}, {"required", array{"methods"}}};
    all["resource_or_list"] =
        one_of({reference("resource"), object{{"type", "array"}, {"minItems", 1}, {"items", std::move(entry)}}});
    return all;
}

}  // namespace

std::string schema_as_json() {
    object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                  {"title", "corsd.yaml"},
                  {"description", "The configuration file of corsd, a CORS-enforcing reverse proxy."}};
    for (auto& member : section_schema(Section::root))
        schema.emplace(member.key(), std::move(member.value()));
    array exclusive{not_both("listen", "listeners"), not_both("upstream", "upstreams")};
    for (const std::string_view key : {"resources", "public_origin", "hosts"})
        exclusive.emplace_back(not_both("sites", key));
    schema["allOf"] = std::move(exclusive);
    schema["definitions"] = definitions();
    return indented_json(schema);
}

}  // namespace corsd::cli
