#include "cli/schema.hpp"

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"

namespace corsd::cli {

int print_schema(SchemaFormat format) {
    const std::string text = format == SchemaFormat::json       ? schema_as_json()
                             : format == SchemaFormat::markdown ? schema_as_markdown()
                                                                : schema_as_man();
    return print(text) ? kSuccess : kFailure;
}

}  // namespace corsd::cli
