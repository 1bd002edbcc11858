// The reload of Server: everything that may fail comes first and changes nothing; then the new configuration goes to
// the workers, each of which serves its next request with it.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "ops/logs.hpp"
#include "ops/server.hpp"
#include "proxy/series_layout.hpp"
#include "telemetry/log.hpp"

namespace corsd::ops {

using telemetry::Level;
using telemetry::log_write;

namespace {

/// Diagnostics that go to the log; `corsd check` shows all of them.
constexpr std::size_t kShown = 20;

void log_diagnostics(const config::Loaded& loaded) {
    const auto& all = loaded.diagnostics;
    for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i) {
        const Level level = all[i].severity == config::Severity::error ? Level::error : Level::warn;
        log_write(level, config::render_line(all[i], loaded.sources));
    }
    if (all.size() > kShown) {
        log_write(Level::warn, "and " + std::to_string(all.size() - kShown) + " more; corsd check shows them");
    }
}

}  // namespace

void Server::reload() {
    if (draining_) {
        log_write(Level::warn, "SIGHUP: no reload while stopping");
    } else if (!loader_.can_load()) {
        log_write(Level::warn, "SIGHUP: there is nothing to reload: corsd was started without a configuration file");
    } else if (reloading_) {
        reload_again_ = true;  // the file may have changed since it was read
    } else {
        reloading_ = true;
        log_write(Level::info, "reloading the configuration");
        notifier_.reloading();
        loader_.start();
    }
}

void Server::adopt(LoadOutcome outcome) {
    if (draining_) return;
    log_diagnostics(outcome.loaded);
    if (!outcome.trouble.empty()) log_write(Level::error, "cannot load the configuration: " + outcome.trouble);
    if (outcome.snapshot == nullptr) return end_reload(ReloadState::Last::failed);
    const config::Config& next = outcome.snapshot->config();

    std::unique_ptr<telemetry::AccessLog> access_log;
    std::unique_ptr<StatusListener> status;
    std::string problem = listeners_.prepare(next.listeners);
    if (problem.empty()) problem = open_status(next, status);
    if (problem.empty()) problem = open_logs(next.log, access_log);
    if (!problem.empty()) {
        listeners_.discard();
        log_write(Level::error, problem);
        return end_reload(ReloadState::Last::failed);
    }

    // From here on nothing fails.
    if (thread_count(next) != workers_.size()) {
        log_write(Level::warn, "threads: " + std::to_string(workers_.size()) + " workers run, " +
                                   std::to_string(thread_count(next)) + " are configured: that takes a restart");
    }
    if (!(next.log == config().log)) last_access_log_ = std::exchange(access_log_, std::move(access_log));
    arrange_upstreams(next);
    snapshot_ = std::move(outcome.snapshot);
    series_table_ = series_->arrange(proxy::series_layout(*snapshot_));
    hand_to_workers();
    adopt_status(config(), std::move(status));
    end_connections(listeners_.commit(config().listeners));
}

/// The diagnostic log comes last: it is the one that cannot be taken back.
std::string Server::open_logs(const config::Log& log, std::unique_ptr<telemetry::AccessLog>& access_log) {
    if (log == config().log) return {};
    telemetry::AccessLog::Opened opened = telemetry::AccessLog::open(ops::access_log(log), workers_.size());
    if (!opened.error.empty()) return opened.error;
    access_log = std::move(opened.log);
    return telemetry::log_open(diagnostic_log(log)).value_or(std::string{});
}

/// An upstream with the same definition keeps its share, and with that its connections and what is known of it.
void Server::arrange_upstreams(const config::Config& next) {
    std::vector<Upstream> before = std::exchange(upstreams_, {});
    for (const config::UpstreamDefinition& definition : next.upstreams) {
        const auto kept = std::find_if(before.begin(), before.end(), [&](const Upstream& upstream) {
            return upstream.provision.share != nullptr && upstream.provision.share->definition == definition;
        });
        if (kept != before.end()) {
            upstreams_.push_back(std::move(*kept));
            continue;
        }
        upstreams_.push_back({{std::make_shared<proxy::UpstreamShare>(definition), {}}, nullptr});
        resolve(upstreams_.back().provision.share);
    }
    for (Upstream& upstream : before) {
        if (upstream.resolver == nullptr) continue;
        upstream.resolver->stop();
        // What it waits for may have happened already, and is told of in its turn.
        boost::asio::post(io_, [resolver = std::move(upstream.resolver)] {});
    }
}

void Server::resolve(const std::shared_ptr<proxy::UpstreamShare>& share) {
    const auto place = [this, share] {
        return std::find_if(upstreams_.begin(), upstreams_.end(),
                            [&](const Upstream& upstream) { return upstream.provision.share == share; });
    };
    auto resolver = std::make_unique<Resolver>(io_, share->definition, [this, share, place](const auto& found) {
        place()->provision.endpoints = found;
        for (const auto& worker : workers_)
            worker->set_endpoints(share, found);
    });
    Resolver& started = *resolver;
    place()->resolver = std::move(resolver);
    started.start();
}

void Server::hand_to_workers() {
    awaited_ = workers_.size();
    for (std::size_t i = 0; i < workers_.size(); ++i)
        workers_[i]->reload(provision(i), [this] { boost::asio::post(io_, [this] { acknowledged(); }); });
}

void Server::end_connections(const std::vector<std::uint32_t>& listeners) {
    for (const std::uint32_t number : listeners) {
        for (const auto& worker : workers_)
            worker->drain_listener(number);
        Timer& timer = gone_listeners_.try_emplace(number, io_.get_executor()).first->second;
        timer.expires_after(config().timeouts.drain);
        timer.async_wait([this, number](const boost::system::error_code& error) {
            if (error) return;
            for (const auto& worker : workers_)
                worker->cut_listener(number);
            gone_listeners_.erase(number);
        });
    }
}

void Server::acknowledged() {
    if (--awaited_ > 0) return;
    if (last_access_log_) last_access_log_->stop();
    last_access_log_.reset();
    end_reload(ReloadState::Last::succeeded);
}

void Server::end_reload(ReloadState::Last how) {
    reload_state_.last = how;
    const auto now = std::chrono::system_clock::now();
    if (how == ReloadState::Last::succeeded) {
        reload_state_.last_success = now;
        ++reload_state_.generation;
        log_write(Level::info, "reloaded: generation " + std::to_string(reload_state_.generation));
    } else {
        reload_state_.last_failure = now;
        ++reload_state_.failures;
        log_write(Level::error, "not reloaded: what was configured before goes on");
    }
    if (!draining_) notifier_.ready(summary());
    reloading_ = false;
    if (std::exchange(reload_again_, false)) reload();
}

}  // namespace corsd::ops
