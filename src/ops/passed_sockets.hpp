// Listening sockets that another process opened for us: systemd's socket activation (sd_listen_fds(3)).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corsd::ops {

/// Main thread. They stay open for as long as the process lives: a listener that goes with one reload may come back
/// with another, and the sockets are not ours to close.
class PassedSockets {
  public:
    /// None.
    PassedSockets() = default;
    /// By $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES; none when they are not meant for this process. Once per
    /// process: the descriptors are closed to programs that it might start.
    [[nodiscard]] static PassedSockets of_environment();

    /// Those of that name; a unit with several ListenStream= gives all of them one.
    [[nodiscard]] std::vector<int> named(std::string_view name) const;
    /// For messages: "`http`, `admin`"; empty when there are none.
    [[nodiscard]] std::string names() const;

  private:
    std::vector<std::pair<std::string, int>> sockets_;
};

/// Why `descriptor` is no socket to accept connections on, or nothing.
[[nodiscard]] std::string_view unfit_to_accept(int descriptor) noexcept;

}  // namespace corsd::ops
