#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "config/document.hpp"
#include "config/load.hpp"

namespace corsd::config {

namespace {

std::string describe_errno(int code) {
    return std::generic_category().message(code);
}

std::optional<std::string> read_all(int descriptor, std::string& error) {
    std::string content;
    std::array<char, 65'536> block{};
    while (true) {
        const ssize_t count = ::read(descriptor, block.data(), block.size());
        if (count == 0) return content;
        if (count < 0) {
            if (errno == EINTR) continue;
            error = describe_errno(errno);
            return std::nullopt;
        }
        content.append(block.data(), static_cast<std::size_t>(count));
        if (content.size() > kMaxDocumentBytes) {
            error = "the file is larger than 16 MiB";
            return std::nullopt;
        }
    }
}

std::optional<std::string> read_system_file(const std::string& path, std::string& error) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        error = describe_errno(errno);
        return std::nullopt;
    }
    std::optional<std::string> content = read_all(descriptor, error);
    ::close(descriptor);
    return content;
}

}  // namespace

Environment system_environment() {
    Environment environment;
    environment.variable = [](std::string_view name) -> std::optional<std::string> {
        // Nothing in this process changes its environment.
        const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    environment.read_file = read_system_file;
    return environment;
}

}  // namespace corsd::config
