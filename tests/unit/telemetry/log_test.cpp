#include "telemetry/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "telemetry/counters.hpp"
#include "temporary_file.hpp"

using namespace corsd::telemetry;

namespace {

/// Opens the log on a file, and gives it back to stderr at the end.
struct OpenLog {
    OpenLog(Level level, LineFormat format, std::string output) {
        LogSettings settings;
        settings.level = level;
        settings.format = format;
        settings.output = std::move(output);
        error = log_open(settings);
    }
    OpenLog(const OpenLog&) = delete;
    OpenLog& operator=(const OpenLog&) = delete;
    ~OpenLog() { (void)log_open(LogSettings{}); }
    std::optional<std::string> error;
};

}  // namespace

TEST_CASE("log: JSON lines, escaped", "[log]") {
    const TemporaryFile file;
    const OpenLog log(Level::info, LineFormat::json, file.name());
    REQUIRE_FALSE(log.error);
    log_write(Level::info, "listening on [::]:8080");
    log_write(Level::error, "a \"b\"\n\x1b[2J \xff {} {0}");
    const auto lines = file.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].substr(0, 9) == "{\"time\":\"");
    CHECK(lines[0].substr(36) == R"(","level":"info","message":"listening on [::]:8080"})");
    CHECK(lines[1].substr(36) == R"(","level":"error","message":"a \"b\"\n\u001b[2J \u00ff {} {0}"})");
}

TEST_CASE("log: text lines, escaped; automatic is JSON on a file", "[log]") {
    const TemporaryFile file;
    {
        const OpenLog log(Level::trace, LineFormat::text, file.name());
        log_write(Level::trace, "one\ntwo \x7f \xc2\x9b \xc3\xbc");
        log_write(Level::warn, "");
    }
    const auto lines = file.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].substr(27) == " trace one\\x0atwo \\x7f \\xc2\\x9b \xc3\xbc");
    CHECK(lines[1].substr(27) == " warn ");
    const OpenLog log(Level::info, LineFormat::automatic, file.name());
    log_write(Level::info, "x");
    CHECK(file.lines().back().front() == '{');
}

TEST_CASE("log: levels", "[log]") {
    const TemporaryFile file;
    {
        const OpenLog log(Level::warn, LineFormat::text, file.name());
        CHECK(log_enabled(Level::error));
        CHECK(log_enabled(Level::warn));
        CHECK_FALSE(log_enabled(Level::info));
        for (const Level level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
            log_write(level, "x");
        }
    }
    CHECK(file.lines().size() == 2);
    const OpenLog log(Level::off, LineFormat::text, file.name());
    log_write(Level::error, "x");
    CHECK_FALSE(log_enabled(Level::off));
    CHECK(file.lines().size() == 2);
}

TEST_CASE("log: opened again after a rotation", "[log]") {
    const TemporaryFile file;
    const std::string old = file.name() + ".1";
    const OpenLog log(Level::info, LineFormat::text, file.name());
    log_write(Level::info, "first");
    std::filesystem::rename(file.name(), old);
    log_write(Level::info, "second");
    REQUIRE_FALSE(log_reopen());
    log_write(Level::info, "third");
    CHECK(TemporaryFile::read(old).find("second") != std::string::npos);
    CHECK(file.lines().size() == 1);
    std::remove(old.c_str());
}

TEST_CASE("log: a path that cannot be opened leaves the log before", "[log]") {
    const TemporaryFile file;
    const OpenLog log(Level::info, LineFormat::text, file.name());
    LogSettings bad;
    bad.output = "/nonexistent/x.log";
    CHECK(log_open(bad) == "cannot open the log \"/nonexistent/x.log\": No such file or directory");
    bad.output = "";
    CHECK(log_open(bad) == "the log's output is empty");
    log_write(Level::info, "still here");
    CHECK(file.lines().size() == 1);
}

TEST_CASE("log: a full disk and a closed pipe lose lines, not the process", "[log]") {
    const std::uint64_t before = log_lost();
    {
        const OpenLog log(Level::info, LineFormat::text, "/dev/full");
        log_write(Level::error, "x");
        CHECK(log_lost() == before + 1);
    }
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const OpenLog log(Level::info, LineFormat::text, "/proc/self/fd/" + std::to_string(ends[1]));
    REQUIRE_FALSE(log.error);
    log_write(Level::error, "read");
    CHECK(log_lost() == before + 1);
    ::close(ends[0]);
    log_write(Level::error, "not read");
    CHECK(log_lost() == before + 2);
    ::close(ends[1]);
}

TEST_CASE("log: a stalled pipe does not block", "[log]") {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const std::uint64_t before = log_lost();
    const OpenLog log(Level::info, LineFormat::text, "/proc/self/fd/" + std::to_string(ends[1]));
    for (int line = 0; line < 200; ++line)
        log_write(Level::error, std::string(1000, 'x'));
    CHECK(log_lost() > before + 100);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("log: many threads, whole lines", "[log]") {
    const TemporaryFile file;
    {
        const OpenLog log(Level::info, LineFormat::text, file.name());
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([] {
                for (int line = 0; line < 500; ++line)
                    log_write(Level::info, std::string(100, 'y'));
            });
        }
        for (std::thread& thread : threads)
            thread.join();
    }
    const auto lines = file.lines();
    CHECK(lines.size() == 2000);
    bool whole = true;
    for (const std::string& line : lines)
        whole = whole && line.substr(27) == " info " + std::string(100, 'y');
    CHECK(whole);
}
