// Results of tests as CI systems read them: JUnit's XML.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace corsd::cli {

struct TestResult {
    std::string name;
    std::uint32_t line = 0;  // in the file of cases
    bool passed = false;
    std::string outcome;               // in words
    std::string failure;               // a sentence; of a failed test
    std::vector<std::string> details;  // of it, in lines
};

/// One suite, named by the file of cases. Ends in a newline.
[[nodiscard]] std::string junit(const std::vector<TestResult>& results, const std::string& file);

}  // namespace corsd::cli
