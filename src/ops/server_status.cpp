// What the Server says of itself to the status listener.
#include <utility>

#include "ops/server.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace corsd::ops {

namespace {

[[nodiscard]] std::uint64_t seconds_since_1970(std::chrono::system_clock::time_point time) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0;
}

}  // namespace

std::string Server::open_status(const config::Config& next, std::unique_ptr<StatusListener>& opened) {
    if (!next.status.listen) return {};
    if (status_ && status_->address().text == next.status.listen->text) return {};
    const StatusSource source{[this] { return liveness(); }, [this] { return readiness(); },
                              [this] { return metrics(); }};
    opened = std::make_unique<StatusListener>(io_, *next.status.listen, source);
    std::string error = opened->open();
    if (!error.empty()) opened.reset();
    return error;
}

void Server::adopt_status(const config::Config& now, std::unique_ptr<StatusListener> opened) {
    const bool kept = !opened && now.status.listen;
    if (kept) return;
    status_ = std::move(opened);
    if (!status_) return;
    status_->start();
    telemetry::log_write(telemetry::Level::info, "status on " + status_->address().text);
}

void Server::keep_watch() {
    const auto interval = notifier_.watch_interval();
    if (!interval) return;
    if (liveness().empty()) notifier_.alive();
    watch_timer_.expires_after(*interval);
    watch_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) keep_watch();
    });
}

std::string Server::summary() const {
    std::string text = "serving on ";
    for (const config::Listener& listener : config().listeners)
        text += (&listener == config().listeners.data() ? "" : ", ") + listener.address.text;
    text += ", generation " + std::to_string(reload_state_.generation);
    if (reload_state_.last == ReloadState::Last::failed) text += "; the last reload failed, see the log";
    return text;
}

std::string Server::liveness() {
    // One that has drained ends its loop, and says nothing any more.
    for (std::size_t i = 0; draining_ && i < workers_.size(); ++i) {
        if (workers_[i]->connections() == 0) watchdog_->forget(i);
    }
    const auto stuck = watchdog_->ask();
    if (!stuck) return {};
    return "worker: worker " + std::to_string(*stuck) + " has not answered for " +
           std::to_string(Watchdog::kPatience.count()) + " s";
}

std::string Server::readiness() {
    if (!serving_) return "starting: not listening yet";
    if (draining_) return "draining: no new connections, finishing what runs";
    if (std::string waiting = unresolved(); !waiting.empty()) return waiting;
    return liveness();
}

/// Only after the start: a reload with a name that is slow to resolve does not take those away who are served
/// meanwhile.
std::string Server::unresolved() {
    for (std::size_t i = 0; !resolved_ && i < upstreams_.size(); ++i) {
        const std::string_view name = upstreams_[i].resolver->unanswered();
        if (name.empty()) continue;
        return "names: upstream " + config().upstreams[i].name + " waits for the first answer about " +
               std::string(name);
    }
    resolved_ = true;
    return {};
}

std::string Server::metrics() {
    telemetry::MetricsInput input;
    input.series = &series_->current();
    for (const auto& worker : workers_)
        input.workers.push_back(&worker->counters());
    for (std::size_t i = 0; i < config().upstreams.size(); ++i) {
        const proxy::UpstreamShare& upstream = *upstreams_[i].provision.share;
        const std::uint64_t idle = upstream.idle.load(std::memory_order_relaxed);
        input.upstreams.push_back({config().upstreams[i].name, upstream.open.load(std::memory_order_relaxed), idle});
    }
    if (access_log_) {
        input.access_lines = access_log_->written();
        input.access_dropped = access_log_->dropped();
    }
    input.log_dropped = telemetry::log_lost();
    input.reload.succeeded = reload_state_.generation - 1;
    input.reload.failed = reload_state_.failures;
    input.reload.last_failed = reload_state_.last == ReloadState::Last::failed;
    input.reload.last_success = seconds_since_1970(reload_state_.last_success);
    input.ready = readiness().empty();
    return telemetry::metrics_text(input);
}

}  // namespace corsd::ops
