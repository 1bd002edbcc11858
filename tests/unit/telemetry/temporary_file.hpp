// A file of a test's own, gone with the test.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace corsd::telemetry {

class TemporaryFile {
  public:
    TemporaryFile() {
        const int descriptor = ::mkstemp(name_.data());
        if (descriptor < 0) throw std::runtime_error("mkstemp");
        ::close(descriptor);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::remove(name_.c_str()); }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string text() const { return read(name_); }
    [[nodiscard]] static std::string read(const std::string& name) {
        std::ostringstream out;
        out << std::ifstream(name, std::ios::binary).rdbuf();
        return out.str();
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        std::istringstream in(text());
        for (std::string line; std::getline(in, line);)
            lines.push_back(line);
        return lines;
    }

  private:
    std::string name_ = "/tmp/corsd-telemetry-XXXXXX";
};

}  // namespace corsd::telemetry
