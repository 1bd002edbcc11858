// What the tests of this room load with: a world of their own, without the process's environment.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "config/load.hpp"

namespace corsd::config {

struct World {
    std::map<std::string, std::string, std::less<>> variables;
    std::map<std::string, std::string> files;

    [[nodiscard]] Environment environment() const {
        Environment result;
        result.variable = [this](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
        };
        result.read_file = [this](const std::string& path, std::string& error) -> std::optional<std::string> {
            const auto found = files.find(path);
            if (found != files.end()) return found->second;
            error = "No such file or directory";
            return std::nullopt;
        };
        return result;
    }

    [[nodiscard]] Loaded load(std::string text, const std::string& name = "corsd.yaml") const {
        return load_text(std::move(text), name, environment());
    }
};

inline std::string rendered(const Loaded& loaded) {
    std::string text;
    for (const Diagnostic& diagnostic : loaded.diagnostics)
        text += render(diagnostic, loaded.sources);
    return text;
}

inline bool has_code(const Loaded& loaded, std::string_view code) {
    return std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                       [&](const Diagnostic& diagnostic) { return diagnostic.code == code; });
}

inline std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace corsd::config
