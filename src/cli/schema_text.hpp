// What the three forms of the schema share: sections in reading order, defaults and documentation as plain values.
// Pure, any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace corsd::cli {

/// All sections, in the order in which people read them.
inline constexpr std::array<config::Section, 17> kSections{
    config::Section::root,   config::Section::listener, config::Section::upstream, config::Section::keepalive,
    config::Section::queue,  config::Section::ejection, config::Section::retry,    config::Section::site,
    config::Section::policy, config::Section::resource, config::Section::limits,   config::Section::timeouts,
    config::Section::paths,  config::Section::headers,  config::Section::log,      config::Section::access,
    config::Section::status};

/// The words of a choice, the default first.
[[nodiscard]] std::vector<std::string_view> choices_of(const config::Key& key);
/// The elements of a list as the table writes it: `[a, b]`.
[[nodiscard]] std::vector<std::string_view> items_of(std::string_view list);
/// The default as a file has it; of a choice its first word; empty when the key has none.
[[nodiscard]] std::string_view default_text(const config::Key& key);
/// Where a section stands in a file, in front of its keys: `upstreams.NAME.keepalive.`; empty at the top level and for
/// policy keys, which stand in several places.
[[nodiscard]] std::string_view path_of(config::Section section) noexcept;
/// Documentation with its links as plain words.
[[nodiscard]] std::string plain_doc(std::string_view doc);

}  // namespace corsd::cli
