// From a YAML file to a Config, or to the list of everything that is wrong with it (C10).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/settings.hpp"

namespace corsd::config {

/// What a load may look at outside the text: variables (C9) and files (`@file:`, `${file:}`). Tests pass their own.
struct Environment {
    std::function<std::optional<std::string>(std::string_view name)> variable;
    /// The content of a file, or a sentence that says why not (in `error`).
    std::function<std::optional<std::string>(const std::string& path, std::string& error)> read_file;
};

/// The process's environment and the file system.
[[nodiscard]] Environment system_environment();

struct Loaded {
    std::optional<Config> config;         // only when no diagnostic is an error
    std::vector<Diagnostic> diagnostics;  // in order of place
    Sources sources;

    [[nodiscard]] bool ok() const noexcept { return config.has_value(); }
};

/// Loads `text`, called `name` in diagnostics; files it names are relative to `name`'s folder. Never throws for what
/// the text says.
[[nodiscard]] Loaded load_text(std::string text, const std::string& name, const Environment& environment);

/// Loads a file. A missing or unreadable file is one diagnostic without a line.
[[nodiscard]] Loaded load_file(const std::string& path, const Environment& environment);

/// The file that `corsd run --upstream URL --allow-origin ORIGIN [--listen ADDRESS]` stands for (`--print-config`).
[[nodiscard]] std::string quick_config(std::string_view upstream, const std::vector<std::string>& origins,
                                       std::string_view listen);

}  // namespace corsd::config
