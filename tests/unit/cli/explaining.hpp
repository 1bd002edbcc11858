// A configuration and a case of it, explained.
#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/explain_story.hpp"
#include "config/load.hpp"

namespace corsd::cli::explained {

inline std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// No variables and no files.
inline config::Environment nothing_outside() {
    return {[](std::string_view) { return std::optional<std::string>(); },
            [](const std::string&, std::string& error) {
                error = "No such file or directory";
                return std::optional<std::string>();
            }};
}

/// A text that loads, ready to be asked.
struct Loaded {
    explicit Loaded(std::string text)
        : file{std::move(text), "corsd.yaml", nothing_outside()},
          loaded(config::load_text(file.text, file.name, file.environment)) {
        if (loaded.ok()) snapshot = std::make_unique<config::Snapshot>(std::move(*loaded.config));
    }
    [[nodiscard]] std::string problems() const {
        std::string out;
        for (const config::Diagnostic& one : loaded.diagnostics) {
            if (one.severity == config::Severity::error) out += config::render(one, loaded.sources);
        }
        return out;
    }

    ConfigFile file;
    config::Loaded loaded;
    std::unique_ptr<config::Snapshot> snapshot;
};

}  // namespace corsd::cli::explained
