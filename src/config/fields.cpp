#include "config/fields.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include "base/ascii.hpp"
#include "base/edit_distance.hpp"
#include "base/units.hpp"
#include "base/wording.hpp"
#include "config/name_lists.hpp"
#include "cors/origin_pattern.hpp"

namespace corsd::config {

namespace {

std::string shown(const Node& value) {
    switch (value.kind) {
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "keys and values";
        case Node::Kind::null:
            return "null";
        default:
            return value.quoted ? "the text \"" + value.text + "\"" : in_backquotes(value.text);
    }
}

std::string_view explain(UnitProblem problem) noexcept {
    switch (problem) {
        case UnitProblem::none:
            return "";
        case UnitProblem::empty:
            return "it is empty";
        case UnitProblem::not_a_number:
            return "it does not start with a number";
        case UnitProblem::fraction:
            return "it must be a whole number";
        case UnitProblem::space:
            return "number and unit stand together, without a space";
        case UnitProblem::several_units:
            return "it has more than one unit";
        case UnitProblem::unknown_unit:
            return "its unit is not known";
        case UnitProblem::too_big:
            return "it is too large";
    }
    return "";
}

bool is_one_of(std::string_view word, std::string_view choices) noexcept {
    while (!choices.empty()) {
        const std::size_t bar = choices.find(" | ");
        if (choices.substr(0, bar) == word) return true;
        choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 3);
    }
    return false;
}

bool wants_scalar(Type type) noexcept {
    return type == Type::text || type == Type::choice || type == Type::boolean || type == Type::count ||
           type == Type::size || type == Type::duration || type == Type::max_age || type == Type::threads ||
           type == Type::preflight_status;
}

bool shape_fits(Type type, const Node& value) noexcept {
    if (wants_scalar(type)) {
        return value.kind == Node::Kind::scalar || (value.kind == Node::Kind::null && type == Type::max_age);
    }
    if (type == Type::list || type == Type::permissions) return value.kind == Node::Kind::sequence;
    if (type == Type::star_list) {
        return value.kind == Node::Kind::sequence || (value.kind == Node::Kind::scalar && value.text == "*");
    }
    if (type == Type::inherit_list) {
        // "*" is let in here, so that what is wrong with it can be said where credentials are judged.
        return value.kind == Node::Kind::sequence ||
               (value.kind == Node::Kind::scalar && (value.text == "inherit" || value.text == "*"));
    }
    if (type == Type::sequence) return value.kind == Node::Kind::sequence;
    return value.kind == Node::Kind::map;
}

std::string_view empty_form(Type type) noexcept {
    if (type == Type::list || type == Type::star_list || type == Type::inherit_list || type == Type::permissions ||
        type == Type::sequence) {
        return "[]";
    }
    return wants_scalar(type) ? "\"\"" : "{}";
}

/// What one text where a list is wanted was meant to hold. Commas were meant to separate, but in a regular expression.
std::vector<std::string_view> elements_of(std::string_view text) {
    std::vector<std::string_view> elements;
    while (true) {
        const std::size_t comma = text.starts_with('~') ? std::string_view::npos : text.find(',');
        const std::string_view element = ascii::trim_ows(text.substr(0, comma));
        if (!element.empty()) elements.push_back(element);
        if (comma == std::string_view::npos) return elements;
        text.remove_prefix(comma + 1);
    }
}

std::string as_list(const std::vector<std::string_view>& elements) {
    std::string list = "[";
    for (const std::string_view element : elements) {
        // Several in one are in quotes already; double ones would take a backslash for theirs.
        const bool quoted = element.starts_with('"');
        const std::string_view quote = quoted ? "" : element.find('\\') == std::string_view::npos ? "\"" : "'";
        list.append(list.size() == 1 ? "" : ", ").append(quote).append(element).append(quote);
    }
    return list + "]";
}

bool names_origins(std::string_view key) noexcept {
    return key == "origins" || key == "websocket_origins";
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) noexcept {
    if (text.empty() || text.size() > 18 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!ascii::is_digit(c)) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

void report_wrong_type(const Node& value, std::string_view key, std::string_view wanted, Context& context) {
    Diagnostic& problem = context.report.error(
        "wrong-type", value.span, in_backquotes(key) + " wants " + std::string(wanted) + ", not " + shown(value));
    if (value.kind != Node::Kind::scalar) return;
    if (wanted.starts_with("a list")) {
        std::vector<std::string> elements;
        for (const std::string_view element : elements_of(value.text))
            elements.push_back(key == "methods" ? method_meant(element) : std::string(element));
        problem.fix = as_list({elements.begin(), elements.end()});
    } else if (wanted == describe(Type::boolean)) {
        const bool yes = ascii::equals_lower(value.text, "true") || ascii::equals_lower(value.text, "yes") ||
                         ascii::equals_lower(value.text, "on") || value.text == "1";
        const bool no = ascii::equals_lower(value.text, "false") || ascii::equals_lower(value.text, "no") ||
                        ascii::equals_lower(value.text, "off") || value.text == "0";
        if (yes || no) problem.fix = yes ? "true" : "false";
    } else if (value.quoted && parse_count(value.text)) {
        problem.fix = value.text;
    }
}

void report_no_origin_list(const Node& value, std::string_view key, std::string_view wanted, Context& context) {
    if (value.kind != Node::Kind::scalar) {
        report_wrong_type(value, key, wanted, context);
        return;
    }
    if (wanted == describe(Type::inherit_list) && is_near(value.text, "inherit")) {
        context.report.error("wrong-type", value.span, in_backquotes(key) + " wants " + std::string(wanted)).fix =
            "did you mean `inherit`?";
        return;
    }
    std::string said = in_backquotes(key) + " wants " + std::string(wanted) + ", not " + shown(value);
    std::vector<std::string> fixed;
    bool all = true;
    for (const std::string_view element : elements_of(value.text)) {
        const auto parsed = cors::OriginPattern::parse(element);
        const auto* error = std::get_if<cors::OriginPatternError>(&parsed);
        if (error == nullptr || error->code == cors::OriginPatternError::Code::group_reference) {
            fixed.emplace_back(element);
            continue;
        }
        if (all) said += ", and " + in_backquotes(element) + " is no origin: " + error->message;
        all = false;
        fixed.push_back(error->fix);
    }
    Diagnostic& problem = context.report.error("wrong-type", value.span, std::move(said));
    const bool known = std::none_of(fixed.begin(), fixed.end(), [](const auto& text) { return text.empty(); });
    if (known && !fixed.empty()) {
        problem.fix = as_list({fixed.begin(), fixed.end()});
    }
}

Fields::Fields(const Node& map, Section section, Context& context) : map_(map), context_(context) {
    known_.reserve(map.entries.size());
    for (const Entry& entry : map.entries)
        admit(entry, section);
}

Fields::~Fields() {
    for (const Known& known : known_) {
        if (known.read) continue;
        context_.report
            .error("not-supported", known.entry->key_span,
                   in_backquotes(known.entry->key) + " has no effect here in this version")
            .fix = "remove it";
    }
}

void Fields::admit(const Entry& entry, Section section) {
    const Key* key = find_key(section, entry.key);
    if (key == nullptr) {
        context_.report
            .error("unknown-key", entry.key_span,
                   in_backquotes(entry.key) + " is no key of " + std::string(describe(section)))
            .fix = suggest_key(section, entry.key);
        return;
    }
    if (key->support == Support::not_yet) {
        context_.report.error("not-supported", entry.key_span, in_backquotes(entry.key) + " is not supported yet").fix =
            "remove it";
        return;
    }
    if (has_shape(*key, entry)) known_.push_back({key, &entry});
}

bool Fields::has_shape(const Key& key, const Entry& entry) {
    const Node& value = entry.value;
    if (value.kind == Node::Kind::broken) return false;
    if (shape_fits(key.type, value)) return true;
    if (value.kind == Node::Kind::null && value.span == entry.key_span) {
        context_.report.error("missing-value", entry.key_span, in_backquotes(key.name) + " has no value").fix =
            "remove the line, or write " + std::string(key.name) + ": " + std::string(empty_form(key.type));
    } else {
        const auto report = names_origins(key.name) ? report_no_origin_list : report_wrong_type;
        report(value, key.name, describe(key.type), context_);
    }
    return false;
}

SourceSpan Fields::key_span(std::string_view key) const noexcept {
    const Entry* entry = map_.find(key);
    return entry == nullptr ? map_.span : entry->key_span;
}

const Node* Fields::take(std::string_view key) {
    for (Known& known : known_) {
        if (known.key->name != key) continue;
        known.read = true;
        return &known.entry->value;
    }
    return nullptr;
}

std::optional<bool> Fields::boolean(std::string_view key) {
    const Node* value = take(key);
    if (value == nullptr) return std::nullopt;
    if (!value->quoted && (value->text == "true" || value->text == "false")) return value->text == "true";
    report_wrong_type(*value, key, describe(Type::boolean), context_);
    return std::nullopt;
}

std::optional<std::uint64_t> Fields::count(std::string_view key, std::uint64_t most) {
    const Node* value = take(key);
    if (value == nullptr) return std::nullopt;
    const std::optional<std::uint64_t> number = value->quoted ? std::nullopt : parse_count(value->text);
    if (!number) {
        report_wrong_type(*value, key, describe(Type::count), context_);
    } else if (*number > most) {
        context_.report.error("out-of-range", value->span, in_backquotes(key) + " is at most " + std::to_string(most))
            .fix = std::to_string(most);
        return std::nullopt;
    }
    return number;
}

std::optional<std::uint64_t> Fields::size(std::string_view key) {
    const Node* value = take(key);
    if (value == nullptr) return std::nullopt;
    const SizeResult result = parse_size(value->text);
    if (result.problem == UnitProblem::none) return result.value;
    Diagnostic& problem = context_.report.error(
        "bad-size", value->span, in_backquotes(value->text) + " is no size: " + std::string(explain(result.problem)));
    problem.fix = "an integer with KiB, MiB or GiB, or bytes";
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Fields::duration(std::string_view key) {
    const Node* value = take(key);
    if (value == nullptr) return std::nullopt;
    const DurationResult result = parse_duration(value->text);
    if (result.problem == UnitProblem::none) return result.value;
    Diagnostic& problem =
        context_.report.error("bad-duration", value->span,
                              in_backquotes(value->text) + " is no duration: " + std::string(explain(result.problem)));
    problem.fix = "an integer with ms, s, m, h or d, or seconds";
    return std::nullopt;
}

std::optional<std::string> Fields::choice(std::string_view key) {
    const Node* value = take(key);
    if (value == nullptr) return std::nullopt;
    std::string_view choices;
    for (const Known& known : known_) {
        if (known.key->name == key) choices = known.key->fallback;
    }
    if (is_one_of(value->text, choices)) return value->text;
    Diagnostic& problem = context_.report.error("bad-choice", value->span,
                                                in_backquotes(value->text) + " is no value of " + in_backquotes(key));
    problem.fix = "one of: " + std::string(choices);
    for (std::string_view rest = choices; !rest.empty();) {
        const std::size_t bar = rest.find(" | ");
        const std::string_view word = rest.substr(0, bar);
        if (is_near(value->text, word)) problem.fix = "did you mean `" + std::string(word) + "`?";
        rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 3);
    }
    return std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view key) {
    const Node* value = take(key);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value->text);
}

std::vector<const Node*> text_items(const Node& list, Context& context) {
    std::vector<const Node*> items;
    if (list.kind == Node::Kind::scalar) items.push_back(&list);
    for (const Node& item : list.items) {
        if (item.kind == Node::Kind::scalar) {
            items.push_back(&item);
        } else if (item.kind == Node::Kind::null) {
            Diagnostic& problem =
                context.report.error("quote-it", item.span, "without quotes this is YAML's empty value, not text");
            // `~`, and nothing at all behind a dash, mean no text.
            problem.fix = item.span.length > 1 ? "\"null\"" : "remove it";
        } else if (item.kind != Node::Kind::broken) {
            context.report.error("wrong-type", item.span, "an element of this list must be text, not " + shown(item));
        }
    }
    return items;
}

}  // namespace corsd::config
