// What the service manager is told of the process: systemd's sd_notify(3), which is one datagram per message.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace corsd::ops {

/// Main thread. Says nothing when nobody listens ($NOTIFY_SOCKET is not set). A message that cannot be delivered is
/// told in the log, once; a manager that does not read holds us up for a second at most.
class ServiceNotifier {
  public:
    /// By $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
    ServiceNotifier();
    ~ServiceNotifier();
    ServiceNotifier(const ServiceNotifier&) = delete;
    ServiceNotifier& operator=(const ServiceNotifier&) = delete;

    /// All listeners accept; also the end of a reload, whichever way it went. `status` is one line for people.
    void ready(std::string_view status);
    void reloading();
    /// Within `time` we are gone.
    void stopping(std::chrono::milliseconds time);
    /// All is well: the watchdog may wait anew.
    void alive();
    /// How often alive() is due, half of what the manager waits; none when it does not watch.
    [[nodiscard]] std::optional<std::chrono::microseconds> watch_interval() const noexcept { return watch_interval_; }

  private:
    void tell(const std::string& message);

    int socket_ = -1;
    std::optional<std::chrono::microseconds> watch_interval_;
    bool complained_ = false;
};

}  // namespace corsd::ops
