#include "telemetry/access_ring.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace corsd::telemetry {

LogWakeup::LogWakeup() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd for the access log");
}

LogWakeup::~LogWakeup() {
    ::close(descriptor_);
}

void LogWakeup::request() noexcept {
    if (requested_.load(std::memory_order_relaxed)) return;
    if (!requested_.exchange(true, std::memory_order_acq_rel)) force();
}

void LogWakeup::force() noexcept {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the log thread has been woken.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

void LogWakeup::drain() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);  // empty is fine
}

}  // namespace corsd::telemetry
