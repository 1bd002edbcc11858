#include "cli/schema.hpp"

#include <cstdio>

#include "cli/commands.hpp"

namespace corsd::cli {

int print_schema(SchemaFormat format) {
    const std::string text = format == SchemaFormat::json       ? schema_as_json()
                             : format == SchemaFormat::markdown ? schema_as_markdown()
                                                                : schema_as_man();
    // A page that is cut short (a full disk) must not look like a success to the build that redirects it.
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return written ? kSuccess : kFailure;
}

}  // namespace corsd::cli
