// The keys of one map of the file, checked against the schema and read as typed values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/expand.hpp"
#include "config/schema.hpp"

namespace corsd::config {

class Fields {
  public:
    /// Reports unknown keys, keys that are not supported yet and values of the wrong shape; those are then as if not
    /// given.
    Fields(const Node& map, Section section, Context& context);
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;
    /// A key that the schema supports and that nobody read would be an option that does nothing: that is an error too.
    ~Fields();

    /// Given in the file, right or wrong.
    [[nodiscard]] bool given(std::string_view key) const noexcept { return map_.find(key) != nullptr; }
    [[nodiscard]] SourceSpan key_span(std::string_view key) const noexcept;

    /// The value, when it is given and has the right shape. It counts as read.
    [[nodiscard]] const Node* take(std::string_view key);
    /// The same, with what its type says; a problem is reported and gives nothing.
    [[nodiscard]] std::optional<bool> boolean(std::string_view key);
    [[nodiscard]] std::optional<std::uint64_t> count(std::string_view key, std::uint64_t most);
    [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key);
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key);
    /// The word given, one of the schema's.
    [[nodiscard]] std::optional<std::string> choice(std::string_view key);
    [[nodiscard]] std::optional<std::string> text(std::string_view key);

    /// Reads straight into a member, which keeps its value when the key is not given.
    template <typename Number>
    void count_into(std::string_view key, Number& out, std::uint64_t most) {
        if (const auto value = count(key, most)) out = static_cast<Number>(*value);
    }
    template <typename Number>
    void size_into(std::string_view key, Number& out) {
        if (const auto value = size(key)) out = static_cast<Number>(*value);
    }
    void duration_into(std::string_view key, std::chrono::milliseconds& out) {
        if (const auto value = duration(key)) out = *value;
    }

    [[nodiscard]] Context& context() noexcept { return context_; }

  private:
    struct Known {
        const Key* key;
        const Entry* entry;
        bool read = false;
    };
    void admit(const Entry& entry, Section section);
    [[nodiscard]] bool has_shape(const Key& key, const Entry& entry);

    const Node& map_;
    Context& context_;
    std::vector<Known> known_;
};

/// A list's text elements; others are reported. A scalar counts as one element.
[[nodiscard]] std::vector<const Node*> text_items(const Node& list, Context& context);

/// Says that a value is not what its key wants; `wanted` as in describe(Type).
void report_wrong_type(const Node& value, std::string_view key, std::string_view wanted, Context& context);
/// The same for a list of origins: what is none would only be refused next.
void report_no_origin_list(const Node& value, std::string_view key, std::string_view wanted, Context& context);

/// A plain decimal integer without sign; nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text) noexcept;

}  // namespace corsd::config
