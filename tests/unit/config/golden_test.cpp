// The whole text of every diagnostic: golden/NAME.yaml is loaded, golden/NAME.expected is what `corsd check` says about
// it. CORSD_UPDATE_GOLDEN=1 in the environment writes the expected files anew; read the difference before you keep it.
#include <re2/re2.h>
#include <cstdlib>
#include <filesystem>

#include <set>

#include "catch.hpp"
#include "config/origin_list.hpp"
#include "loading.hpp"

using namespace corsd::config;
namespace fs = std::filesystem;

namespace {

const std::string kFolder = std::string(CORSD_SOURCE_DIR) + "/tests/unit/config/golden/";

World golden_world() {
    World world;
    world.variables = {{"DOMAIN", "app.example"}, {"STAR", "*"},    {"GROUP_NAME", "@g"}, {"EMPTY", ""},
                       {"CONTROL", "a\nb"},       {"TRUE", "true"}, {"NULL", "null"}};
    for (const auto& file : fs::directory_iterator(kFolder)) {
        if (file.path().extension() == ".txt") {
            world.files[file.path().filename().string()] = read_whole(file.path().string());
        }
    }
    return world;
}

std::vector<std::string> golden_names() {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(kFolder)) {
        if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// All codes that the source of this room can report.
std::set<std::string> codes_in_source() {
    std::set<std::string> codes;
    const re2::RE2 call(
        "(?:error|warning|fail)\\(\\s*\"([a-z0-9-]+)\"|Risk::\\w+,\\s*\"([a-z-]+)\"|return \"(path-[a-z-]+)\"");
    for (const auto& file : fs::directory_iterator(std::string(CORSD_SOURCE_DIR) + "/src/config")) {
        const std::string text = read_whole(file.path().string());
        re2::StringPiece rest(text);
        std::string code[3];
        while (re2::RE2::FindAndConsume(&rest, call, &code[0], &code[1], &code[2]))
            codes.insert(code[0] + code[1] + code[2]);
    }
    using Code = corsd::cors::OriginPatternError::Code;
    for (int code = 0; code <= static_cast<int>(Code::group_reference); ++code) {
        std::string name(corsd::cors::to_string(static_cast<Code>(code)));
        std::replace(name.begin(), name.end(), '_', '-');
        codes.insert(name);
    }
    return codes;
}

}  // namespace

TEST_CASE("C10: diagnostics say place, line, caret, code and fix") {
    const World world = golden_world();
    const char* update = std::getenv("CORSD_UPDATE_GOLDEN");
    for (const std::string& name : golden_names()) {
        CAPTURE(name);
        const Loaded loaded = world.load(read_whole(kFolder + name + ".yaml"), name + ".yaml");
        const std::string got = rendered(loaded);
        if (update != nullptr) std::ofstream(kFolder + name + ".expected", std::ios::binary) << got;
        CHECK(got == read_whole(kFolder + name + ".expected"));
        CHECK_FALSE(got.empty());
    }
}

TEST_CASE("C10: every code that the source reports has a golden text") {
    std::set<std::string> seen;
    const re2::RE2 heading(": (?:error|warning)\\[([a-z0-9-]+)\\]: ");
    for (const std::string& name : golden_names()) {
        const std::string text = read_whole(kFolder + name + ".expected");
        re2::StringPiece rest(text);
        std::string code;
        while (re2::RE2::FindAndConsume(&rest, heading, &code))
            seen.insert(code);
    }
    // Not in a text of reasonable size: the first has no text at all and the second 16 MiB (load_test has both); the
    // third is refused by the document before a pattern is parsed; the last two take megabytes (scale_test).
    for (const char* elsewhere : {"file", "file-too-large", "origin-control", "too-large", "too-many"})
        seen.insert(elsewhere);
    const std::set<std::string> codes = codes_in_source();
    CHECK(codes.size() > 100);
    for (const std::string& wanted : codes) {
        CAPTURE(wanted);
        CHECK(seen.count(wanted) == 1);
    }
    // The other way round: a call of another shape, which the expression above does not see, would escape.
    for (const std::string& reported : seen) {
        CAPTURE(reported);
        CHECK(codes.count(reported) == 1);
    }
}
