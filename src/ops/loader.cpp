#include "ops/loader.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace corsd::ops {

struct Loader::Desk {
    std::mutex mutex;
    boost::asio::io_context* io;  // null: nobody wants to know any more
    Loader* loader;               // on the main thread
};

namespace {

[[nodiscard]] LoadOutcome run(const Loader::Load& load) {
    LoadOutcome outcome;
    try {
        outcome.loaded = load();
        if (!outcome.loaded.ok()) return outcome;
        outcome.snapshot = std::make_shared<const config::Snapshot>(std::move(*outcome.loaded.config));
        outcome.loaded.config.reset();
    } catch (const std::exception& exception) {
        outcome.trouble = exception.what();
    }
    return outcome;
}

}  // namespace

Loader::Loader(boost::asio::io_context& io, Load load, Done done)
    : load_(std::move(load)), done_(std::move(done)), desk_(new Desk{{}, &io, this}) {}

Loader::~Loader() {
    const std::lock_guard lock(desk_->mutex);
    desk_->io = nullptr;
    desk_->loader = nullptr;
}

void Loader::start() {
    busy_ = true;
    // Signals are the main thread's business.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::string trouble;
    try {
        std::thread([desk = desk_, load = load_] {
            auto outcome = std::make_shared<LoadOutcome>(run(load));
            const std::lock_guard lock(desk->mutex);
            if (desk->io == nullptr) return;
            boost::asio::post(*desk->io, [desk, outcome = std::move(outcome)] {
                if (desk->loader != nullptr) desk->loader->finish(std::move(*outcome));
            });
        }).detach();
    } catch (const std::system_error& error) {
        trouble = error.what();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (trouble.empty()) return;
    LoadOutcome outcome;
    outcome.trouble = std::move(trouble);
    finish(std::move(outcome));
}

void Loader::finish(LoadOutcome outcome) {
    busy_ = false;
    done_(std::move(outcome));
}

}  // namespace corsd::ops
