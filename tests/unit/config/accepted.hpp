// What a configuration that is accepted says.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "config/report.hpp"
#include "loading.hpp"

namespace corsd::config {

inline Config good(const std::string& text, const World& world = {}) {
    Loaded loaded = world.load(text);
    INFO(rendered(loaded));
    REQUIRE(loaded.ok());
    return std::move(*loaded.config);
}

inline const cors::PolicySource& policy(const Config& config, std::size_t resource = 0, std::size_t entry = 0) {
    return config.sites.at(0).resources.at(resource).governed.entries.at(entry).source();
}

inline std::vector<std::string> origins(const cors::PolicySource& source) {
    std::vector<std::string> texts;
    for (const cors::OriginPattern& pattern : source.origins.patterns())
        texts.push_back(pattern.text());
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace corsd::config
