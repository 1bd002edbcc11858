// Work that cannot be cancelled and may take for ever: a file to read, a name to resolve.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace corsd::ops {

/// Runs errands on threads of their own that nobody waits for, and brings back what came of them while somebody still
/// wants to know. Main thread.
class Errands {
  public:
    using Report = std::function<void()>;
    using Work = std::function<Report()>;

    explicit Errands(boost::asio::io_context& io);
    ~Errands();
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;

    /// `work` on its thread; then what it returns, on the loop, unless end() came first. Signals stay the main thread's
    /// business. Throws std::system_error when there is no thread to be had.
    void send(Work work);
    /// Nobody wants to know any more.
    void end() noexcept;
    [[nodiscard]] bool ended() const noexcept;

  private:
    struct Desk;  // where reports are left; outlives us when an errand hangs
    std::shared_ptr<Desk> desk_;
};

}  // namespace corsd::ops
