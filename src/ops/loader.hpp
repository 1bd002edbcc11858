// Loading a configuration while the process serves.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "config/load.hpp"
#include "config/snapshot.hpp"
#include "ops/errands.hpp"

namespace corsd::ops {

/// What a load has come to.
struct LoadOutcome {
    config::Loaded loaded;                             // without its config: that is in the snapshot
    std::shared_ptr<const config::Snapshot> snapshot;  // null: the diagnostics, or `trouble`, say why
    std::string trouble;  // neither the file's fault nor its author's: no memory, no thread
};

/// Main thread. Reads, checks and prepares a configuration on a thread of its own, so that a large file, or one on a
/// disk that does not answer, holds up neither accepting nor the end of the process.
class Loader {
  public:
    using Load = std::function<config::Loaded()>;  // any thread
    using Done = std::function<void(LoadOutcome)>;

    /// `done` is called on the main thread, once for each start().
    Loader(boost::asio::io_context& io, Load load, Done done);

    /// Is there something to load from?
    [[nodiscard]] bool can_load() const noexcept { return load_ != nullptr; }
    /// Not while busy().
    void start();
    /// Does a load go on, or hang?
    [[nodiscard]] bool busy() const noexcept { return busy_; }

  private:
    void finish(LoadOutcome outcome);

    Load load_;
    Done done_;
    Errands errands_;
    bool busy_ = false;
};

}  // namespace corsd::ops
