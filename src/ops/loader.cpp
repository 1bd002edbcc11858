#include "ops/loader.hpp"

#include <exception>
#include <system_error>
#include <utility>

namespace corsd::ops {

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
    : load_(std::move(load)), done_(std::move(done)), errands_(io) {}

void Loader::start() {
    busy_ = true;
    try {
        errands_.send([this, load = load_]() -> Errands::Report {
            auto outcome = std::make_shared<LoadOutcome>(run(load));
            return [this, outcome = std::move(outcome)] { finish(std::move(*outcome)); };
        });
    } catch (const std::system_error& error) {
        LoadOutcome outcome;
        outcome.trouble = error.what();
        finish(std::move(outcome));
    }
}

void Loader::finish(LoadOutcome outcome) {
    busy_ = false;
    done_(std::move(outcome));
}

}  // namespace corsd::ops
