// Merging Vary (N36) and Access-Control-Expose-Headers against the same rules written down naively.
#include "http/vary.hpp"

#include <algorithm>

#include "http/list.hpp"
#include "input.hpp"

using namespace corsd;

namespace {

/// The elements of all lines in their order, each once.
std::vector<std::string> union_of(const std::vector<std::string_view>& lines) {
    std::vector<std::string> found;
    for (const std::string_view line : lines) {
        http::for_each_element(line, [&](std::string_view name) {
            if (std::none_of(found.begin(), found.end(),
                             [&](const std::string& other) { return ascii::iequals(other, name); })) {
                found.emplace_back(name);
            }
            return true;
        });
    }
    return found;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view value = fuzz::text(data, size);
    const std::string_view ours =
        fuzz::choice(value) & 1 ? "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" : "Origin";
    std::vector<std::string_view> lines = fuzz::lines(value);
    std::vector<http::Field> fields, exposed;
    for (const std::string_view line : lines) {
        fields.push_back({"Vary", line, http::FieldId::vary});
        exposed.push_back({"Access-Control-Expose-Headers", line, http::FieldId::access_control_expose_headers});
    }
    std::string merged = "kept:";
    http::append_merged_vary(merged, fields, ours);
    fuzz::require(merged.rfind("kept:", 0) == 0, "what was there stays");
    merged.erase(0, 5);

    lines.push_back(ours);
    const std::vector<std::string> names = union_of(lines);
    const bool everything = names.size() > 128 || std::count(names.begin(), names.end(), "*") > 0;
    fuzz::require(merged == (everything ? "*" : joined(names)), "Vary", merged);

    std::string exposes;
    http::append_merged_expose(exposes, exposed, "X-Ours");
    fuzz::require(exposes.rfind("X-Ours", 0) == 0, "ours comes first", exposes);
    return 0;
}
