// Lists of origin patterns as the file writes them: groups and @file: lists resolved (C3), each pattern with its own
// place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/expand.hpp"
#include "cors/origin_pattern.hpp"
#include "cors/origin_set.hpp"

namespace corsd::config {

/// What makes a pattern dangerous in some company (policy section 2); a set of bits.
enum class Risk : std::uint8_t {
    any = 1,             // "*"
    null = 2,            // "null"
    any_host = 4,        // a wildcard or regex that admits every host
    insecure = 8,        // not https, and not on this machine
    public_suffix = 16,  // a wildcard over domains of different owners
    loopback = 32,       // on this machine: not for a site that is elsewhere
};

struct OriginItem {
    cors::OriginPattern pattern;
    SourceSpan span;
    std::uint8_t risks = 0;
    [[nodiscard]] bool has(Risk risk) const noexcept { return (risks & static_cast<std::uint8_t>(risk)) != 0; }
};

/// Immutable and shared: a thousand resources may inherit one list of ten thousand origins.
struct OriginList {
    [[nodiscard]] bool has(Risk risk) const noexcept { return (risks & static_cast<std::uint8_t>(risk)) != 0; }

    std::vector<OriginItem> items;   // each pattern once, in order
    std::vector<std::size_t> risky;  // those with any risk
    std::uint8_t risks = 0;          // all of theirs
    cors::OriginSet set;
};

class OriginLists {
  public:
    /// `groups` is the map of that name, or null. Every group is read, used or not.
    OriginLists(const Node* groups, Context& context);

    /// Reads a value of `origins`. Problems are reported; what is good is in the list all the same.
    [[nodiscard]] std::shared_ptr<const OriginList> read(const Node& value);

    [[nodiscard]] static std::shared_ptr<const OriginList> none();

    /// What is left of a list without the patterns that have one of these risks. Made once for each pair of them.
    [[nodiscard]] cors::OriginSet without(const std::shared_ptr<const OriginList>& list, std::uint8_t risks);

    /// False when it was asked already: what a list comes to under some conditions is judged once, however many
    /// resources share it. `conditions` is any number that stands for them.
    [[nodiscard]] bool is_news(const std::shared_ptr<const OriginList>& list, unsigned conditions);

  private:
    using Items = std::vector<OriginItem>;
    struct Collected {
        Items items;
        std::unordered_map<std::string, SourceSpan> texts;
    };
    struct Group {
        const Entry* entry;
        enum class State : std::uint8_t { unread, reading, done } state = State::unread;
        std::shared_ptr<const Items> items;
    };

    [[nodiscard]] bool may_hold(std::size_t more, const Node& value);
    void collect(const Node& list, Collected& into);
    void collect_item(const Node& item, Collected& into);
    void collect_group(const Node& reference, Collected& into);
    void collect_file(const Node& reference, Collected& into);
    /// A pattern at `span`; `node` when it stands in the configuration itself.
    void collect_pattern(std::string_view text, const SourceSpan& span, const Node* node, Collected& into);
    void append(const Items& items, Collected& into, const SourceSpan& reference);
    std::shared_ptr<const Items> group_items(Group& group);
    std::shared_ptr<const Items> file_items(const Node& reference);
    [[nodiscard]] std::string nearest_group(std::string_view name) const;

    Context& context_;
    std::unordered_map<std::string, Group> groups_;
    std::unordered_map<std::string, std::shared_ptr<const Items>> files_;
    std::unordered_map<std::string, std::shared_ptr<const OriginList>> shared_;  // lists made of references only
    std::map<std::pair<std::shared_ptr<const OriginList>, std::uint8_t>, cors::OriginSet> safe_;
    std::set<std::pair<std::shared_ptr<const OriginList>, unsigned>> judged_;
    std::size_t patterns_ = 0;       // in all lists together
    std::vector<std::string> path_;  // groups being read, outermost first
};

/// A pattern's error as a diagnostic: kebab-case code, place inside the value, the punycode form for a non-ASCII host.
Diagnostic& report_pattern_error(const cors::OriginPatternError& error, std::string_view text, const SourceSpan& place,
                                 Report& report);

/// A regular expression as it is written at `place`: in quotes in YAML, bare in a list file.
[[nodiscard]] std::string shown_regex(std::string_view pattern, const SourceSpan& place);

/// A public suffix exists below this domain, which is none itself: amazonaws.com.
[[nodiscard]] bool has_public_suffix_below(std::string_view domain) noexcept;

/// Warnings about a list by itself.
void warn_about_list(const OriginList& list, Report& report);

/// The first admits an origin that the second does not, as far as their patterns tell. Each pattern that is looked at
/// takes one from `effort`; with none left nothing is found.
[[nodiscard]] bool admits_more(const cors::OriginSet& one, const cors::OriginSet& other, std::size_t& effort);

/// The risks of a pattern.
[[nodiscard]] std::uint8_t risks_of(const cors::OriginPattern& pattern);

}  // namespace corsd::config
