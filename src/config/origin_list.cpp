#include "config/origin_list.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/ascii.hpp"
#include "base/edit_distance.hpp"
#include "config/fields.hpp"

namespace corsd::config {

namespace {

constexpr std::string_view kFile = "@file:";
constexpr std::size_t kMaxGroupDepth = 32;
constexpr std::size_t kMaxPatterns = 1'000'000;  // of all lists together: groups multiply what a file holds

bool is_reference(const Node& item) noexcept {
    return item.kind == Node::Kind::scalar && item.text.starts_with('@') && (item.written.empty() || item.written[0]);
}

/// What identifies a list that consists of references only; empty for others.
std::string reference_key(const Node& list) {
    std::string key;
    for (const Node& item : list.items) {
        if (!is_reference(item)) return {};
        key += item.text + '\n';
    }
    return key;
}

/// A line of a list file without comment and white space.
std::string_view bare_line(std::string_view line) noexcept {
    line = ascii::trim_ows(line);
    if (line.starts_with('#')) return {};
    const std::size_t comment = std::min(line.find(" #"), line.find("\t#"));
    return ascii::trim_ows(line.substr(0, comment));
}

}  // namespace

OriginLists::OriginLists(const Node* groups, Context& context) : context_(context) {
    if (groups == nullptr) return;
    for (const Entry& entry : groups->entries) {
        if (entry.key.empty() || entry.key.starts_with("file:") || entry.key.starts_with('@')) {
            context.report.error("bad-group-name", entry.key_span, "a group is named by a word, without @").fix =
                entry.key.starts_with('@') ? entry.key.substr(1) : "";
            continue;
        }
        groups_.emplace(entry.key, Group{&entry, Group::State::unread, nullptr});
    }
    for (const Entry& entry : groups->entries) {
        if (const auto found = groups_.find(entry.key); found != groups_.end()) (void)group_items(found->second);
    }
}

std::shared_ptr<const OriginList> OriginLists::none() {
    static const auto empty = std::make_shared<const OriginList>();
    return empty;
}

std::shared_ptr<const OriginList> OriginLists::read(const Node& value) {
    const std::string key = reference_key(value);
    if (!key.empty()) {
        if (const auto found = shared_.find(key); found != shared_.end()) return found->second;
    }
    Collected collected;
    collect(value, collected);
    if (!may_hold(collected.items.size(), value)) return none();
    auto list = std::make_shared<OriginList>();
    list->items = std::move(collected.items);
    std::vector<cors::OriginPattern> patterns;
    patterns.reserve(list->items.size());
    for (std::size_t i = 0; i < list->items.size(); ++i) {
        if (list->items[i].risks != 0) list->risky.push_back(i);
        list->risks |= list->items[i].risks;
        patterns.push_back(list->items[i].pattern);
        if (list->items[i].has(Risk::any) && list->items.size() > 1) {
            context_.report
                .error("origin-any-beside-others", list->items[i].span,
                       "\"*\" admits everybody: other patterns beside it mean nothing")
                .fix = "\"*\" alone, or the list without it";
        }
    }
    warn_about_list(*list, context_.report);
    list->set = cors::OriginSet(std::move(patterns));
    if (!key.empty()) shared_.emplace(key, list);
    return list;
}

cors::OriginSet OriginLists::without(const std::shared_ptr<const OriginList>& list, std::uint8_t risks) {
    const auto is_risky = [&](const OriginItem& item) { return (item.risks & risks) != 0; };
    if ((list->risks & risks) == 0) return list->set;
    const auto [made, is_new] = safe_.try_emplace({list, risks});
    if (is_new) {
        std::vector<cors::OriginPattern> patterns;
        for (const OriginItem& item : list->items) {
            if (!is_risky(item)) patterns.push_back(item.pattern);
        }
        made->second = cors::OriginSet(std::move(patterns));
    }
    return made->second;
}

bool OriginLists::is_news(const std::shared_ptr<const OriginList>& list, unsigned conditions) {
    return judged_.emplace(list, conditions).second;
}

bool OriginLists::may_hold(std::size_t more, const Node& value) {
    if (more > kMaxPatterns - std::min(patterns_, kMaxPatterns)) {
        context_.report
            .error("too-large", value.span, "the lists of origins come to more than a million with their groups")
            .fix =
            "where lists share a group, put what they add into groups as well: lists of the same groups are kept once";
        return false;
    }
    patterns_ += more;
    return true;
}

void OriginLists::collect(const Node& list, Collected& into) {
    for (const Node* item : text_items(list, context_))
        collect_item(*item, into);
}

void OriginLists::collect_item(const Node& item, Collected& into) {
    if (!is_reference(item)) {
        collect_pattern(item.text, item.span, &item, into);
    } else if (item.text.starts_with(kFile)) {
        collect_file(item, into);
    } else {
        collect_group(item, into);
    }
}

void OriginLists::collect_group(const Node& reference, Collected& into) {
    const std::string name = reference.text.substr(1);
    const auto found = groups_.find(name);
    if (found == groups_.end()) {
        context_.report.error("unknown-group", reference.span, "there is no group `" + name + "` under `groups:`").fix =
            nearest_group(name);
        return;
    }
    Group& group = found->second;
    if (group.state == Group::State::reading) {
        std::string round;
        bool inside = false;
        for (const std::string& step : path_) {
            inside = inside || step == name;
            if (inside) round += "@" + step + " → ";
        }
        Diagnostic& problem = context_.report.error("group-cycle", reference.span,
                                                    "groups name each other in a circle: " + round + "@" + name);
        problem.related = group.entry->key_span;
        problem.related_message = "the circle starts here";
        return;
    }
    if (path_.size() >= kMaxGroupDepth) {
        context_.report.error("group-too-deep", reference.span, "groups are nested more than 32 deep");
        return;
    }
    append(*group_items(group), into, reference.span);
}

std::shared_ptr<const OriginLists::Items> OriginLists::group_items(Group& group) {
    if (group.state == Group::State::done) return group.items;
    group.state = Group::State::reading;
    path_.push_back(group.entry->key);
    Collected collected;
    const Node& value = group.entry->value;
    if (value.kind == Node::Kind::sequence) {
        collect(value, collected);
    } else if (value.kind != Node::Kind::broken) {
        report_no_origin_list(value, group.entry->key, describe(Type::list), context_);
    }
    path_.pop_back();
    group.items = std::make_shared<const Items>(std::move(collected.items));
    group.state = Group::State::done;
    return group.items;
}

void OriginLists::collect_file(const Node& reference, Collected& into) {
    append(*file_items(reference), into, reference.span);
}

std::shared_ptr<const OriginLists::Items> OriginLists::file_items(const Node& reference) {
    const std::string path = context_.resolve(std::string_view(reference.text).substr(kFile.size()));
    if (const auto found = files_.find(path); found != files_.end()) return found->second;
    Collected collected;
    std::string problem;
    std::optional<std::string> content = context_.environment.read_file(path, problem);
    if (!content) {
        context_.report.error("list-file", reference.span, "cannot read " + path + ": " + problem);
        return files_.emplace(path, std::make_shared<const Items>()).first->second;
    }
    drop_byte_order_mark(*content);
    const auto file = static_cast<std::uint32_t>(context_.sources.size());
    context_.sources.emplace_back(path, *content);
    const bool readable = check_text(*content, file, context_.report);
    bool has_patterns = false;
    std::uint32_t number = 0;
    for (std::string_view rest = readable ? std::string_view(*content) : std::string_view{}; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view text = bare_line(line);
        if (text.empty()) continue;
        has_patterns = true;
        const auto column = static_cast<std::uint32_t>(text.data() - line.data()) + 1;
        collect_pattern(text, {file, number, column, static_cast<std::uint32_t>(text.size())}, nullptr, collected);
    }
    if (readable && !has_patterns) {
        context_.report.warning("empty-list-file", reference.span, path + " names no origin, so it admits nobody");
    }
    return files_.emplace(path, std::make_shared<const Items>(std::move(collected.items))).first->second;
}

void OriginLists::collect_pattern(std::string_view text, const SourceSpan& span, const Node* node, Collected& into) {
    const cors::SyntaxMask mask =
        node == nullptr || node->written.empty() ? cors::SyntaxMask{} : cors::SyntaxMask{node->written};
    auto parsed = cors::OriginPattern::parse(text, mask);
    if (const auto* error = std::get_if<cors::OriginPatternError>(&parsed)) {
        SourceSpan place = span;
        if (node != nullptr) {
            place = node->at(error->offset, 1);
        } else {
            place.column += static_cast<std::uint32_t>(error->offset);
            place.length = 1;
        }
        Diagnostic& problem = report_pattern_error(*error, text, place, context_.report);
        const bool several = error->code == cors::OriginPatternError::Code::comma_list;
        if (several && node == nullptr) problem.fix = "one origin a line";
        return;
    }
    auto& pattern = std::get<cors::OriginPattern>(parsed);
    const std::uint8_t risks = risks_of(pattern);
    append({OriginItem{std::move(pattern), span, risks}}, into, span);
}

void OriginLists::append(const Items& items, Collected& into, const SourceSpan& reference) {
    for (const OriginItem& item : items) {
        const auto [seen, is_new] = into.texts.emplace(item.pattern.text(), item.span);
        if (is_new) {
            into.items.push_back(item);
            continue;
        }
        Diagnostic& problem = context_.report.warning("origin-duplicate", reference,
                                                      "`" + item.pattern.text() + "` is in this list already");
        problem.related = seen->second;
        problem.related_message = "it is here";
    }
}

std::string OriginLists::nearest_group(std::string_view name) const {
    std::string best;
    for (const auto& [known, group] : groups_) {
        if (!is_near(name, known)) continue;
        if (best.empty() || edit_distance(name, known) < edit_distance(name, best)) best = known;
    }
    return best.empty() ? "" : "did you mean `@" + best + "`?";
}

}  // namespace corsd::config
