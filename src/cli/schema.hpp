// The schema table for other readers: editors (JSON Schema), docs/configuration.md (Markdown), man (roff). Pure, any
// thread.
#pragma once

#include <string>

namespace corsd::cli {

/// The JSON Schema (draft-07) of the configuration file, indented, with a stable order. Keys that are not supported yet
/// are left out. A scalar may also be a text with `${`, since what a substitution gives is not known here.
[[nodiscard]] std::string schema_as_json();

/// The table of keys, as it stands in docs/configuration.md.
[[nodiscard]] std::string schema_as_markdown();

/// The manual page corsd.yaml(5), in roff with the man macros.
[[nodiscard]] std::string schema_as_man();

}  // namespace corsd::cli
