// Where log lines go: a descriptor that never ends the process, whatever happens at its other end.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace corsd::telemetry {

/// As configured; `automatic` is text on a terminal, else JSON.
enum class LineFormat { automatic, json, text };

enum class WriteOutcome { progress, blocked, failed };

struct Written {
    WriteOutcome outcome = WriteOutcome::failed;
    std::size_t bytes = 0;
    int error = 0;  // errno when failed
};

/// stderr, stdout or a file. A regular file takes everything at once; pipes and terminals are asked first (poll) and
/// get at most PIPE_BUF bytes, cut at a line's end, so that neither a stalled reader blocks nor two writers tear each
/// other's lines (POSIX write(), "Write requests of {PIPE_BUF} bytes or less"); sockets (systemd's journal) are written
/// without waiting. Not thread-safe. SIGPIPE must be ignored or blocked in the calling thread.
class Output {
  public:
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    Output(Output&& other) noexcept;
    Output& operator=(Output&& other) noexcept;
    ~Output();

    /// Opens "stderr", "stdout" or a path (created with mode 0640, appended to). Returns what went wrong, or nothing.
    [[nodiscard]] std::optional<std::string> open(const std::string& target);
    /// Opens the path again, after a rotation; keeps the old descriptor when that fails. No effect on stderr and
    /// stdout.
    [[nodiscard]] std::optional<std::string> reopen();

    /// Writes some of `pieces` without waiting for a slow reader.
    [[nodiscard]] Written write(std::span<const iovec> pieces) noexcept;

    /// The format that `automatic` stands for on this descriptor; the others are themselves. The one place that asks
    /// isatty.
    [[nodiscard]] LineFormat resolve(LineFormat format) const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] const std::string& target() const noexcept { return target_; }

  private:
    enum class Kind { file, stream, socket };

    void close_owned() noexcept;
    void adopt(int descriptor) noexcept;

    std::string target_;
    int descriptor_ = -1;
    Kind kind_ = Kind::file;
};

}  // namespace corsd::telemetry
