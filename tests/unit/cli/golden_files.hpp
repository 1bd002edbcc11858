// tests/unit/cli/golden: configurations, and what is said about them. CORSD_UPDATE_GOLDEN=1 in the environment writes
// the expected files anew; read the difference before you keep it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "config/loading.hpp"

namespace corsd::cli {

inline std::string golden_path(const std::string& name) {
    return std::string(CORSD_SOURCE_DIR) + "/tests/unit/cli/golden/" + name;
}

inline config::Loaded load_golden(const std::string& name) {
    return config::World{}.load(config::read_whole(golden_path(name)), name);
}

inline void check_golden(const std::string& name, const std::string& got) {
    CAPTURE(name);
    if (std::getenv("CORSD_UPDATE_GOLDEN") != nullptr) std::ofstream(golden_path(name), std::ios::binary) << got;
    CHECK(got == config::read_whole(golden_path(name)));
}

}  // namespace corsd::cli
