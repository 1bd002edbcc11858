#include "telemetry/output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "catch.hpp"
#include "temporary_file.hpp"

using namespace corsd::telemetry;

namespace {

std::string path_of(int descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor);
}

Written write_text(Output& output, const std::string& text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return output.write({&piece, 1});
}

std::string repeated_line(std::size_t size, std::size_t count) {
    std::string text;
    for (std::size_t line = 0; line < count; ++line)
        text += std::string(size - 1, 'x') + "\n";
    return text;
}

}  // namespace

TEST_CASE("output: a pipe gets whole lines of at most PIPE_BUF bytes", "[output]") {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    Output output;
    REQUIRE_FALSE(output.open(path_of(ends[1])));
    const Written lines = write_text(output, repeated_line(300, 100));
    CHECK(lines.outcome == WriteOutcome::progress);
    CHECK(lines.bytes == PIPE_BUF / 300 * 300);
    const Written longer = write_text(output, std::string(3 * PIPE_BUF, 'y') + "\n");
    CHECK(longer.bytes == PIPE_BUF);
    Written last = lines;
    while (last.outcome == WriteOutcome::progress)
        last = write_text(output, repeated_line(300, 100));
    CHECK(last.outcome == WriteOutcome::blocked);
    ::close(ends[0]);
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    last = write_text(output, "x\n");
    std::signal(SIGPIPE, before);
    CHECK(last.outcome == WriteOutcome::failed);
    CHECK(last.error == EPIPE);
    ::close(ends[1]);
}

TEST_CASE("output: a file takes all pieces at once and is appended to", "[output]") {
    const TemporaryFile file;
    for (int round = 0; round < 2; ++round) {
        Output output;
        REQUIRE_FALSE(output.open(file.name()));
        std::string first = "first\n";
        std::string second = repeated_line(5000, 3);
        const std::array<iovec, 2> pieces{iovec{first.data(), first.size()}, iovec{second.data(), second.size()}};
        CHECK(output.write(pieces).bytes == 6 + 15000);
        CHECK(output.resolve(LineFormat::automatic) == LineFormat::json);
        CHECK(output.resolve(LineFormat::text) == LineFormat::text);
        CHECK((::fcntl(output.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(file.text().size() == std::size_t{2} * (6 + 15000));
}

TEST_CASE("output: stderr and stdout are used as they are, and are not closed", "[output]") {
    {
        Output output;
        REQUIRE_FALSE(output.open("stderr"));
        CHECK(output.descriptor() == STDERR_FILENO);
        REQUIRE_FALSE(output.reopen());
        CHECK(output.descriptor() == STDERR_FILENO);
        REQUIRE_FALSE(output.open("stdout"));
        CHECK(output.descriptor() == STDOUT_FILENO);
    }
    CHECK(::fcntl(STDERR_FILENO, F_GETFD) >= 0);
    CHECK(::fcntl(STDOUT_FILENO, F_GETFD) >= 0);
}

TEST_CASE("output: a FIFO that nobody reads is an error, not a wait", "[output]") {
    const std::string name = "/tmp/corsd-output-fifo-" + std::to_string(::getpid());
    std::remove(name.c_str());
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    Output output;
    const auto error = output.open(name);
    std::remove(name.c_str());
    REQUIRE(error);
    CHECK(error->find("No such device or address") != std::string::npos);
}
