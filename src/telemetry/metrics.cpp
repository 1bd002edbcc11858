#include "telemetry/metrics.hpp"

#include <algorithm>
#include <array>

namespace corsd::telemetry {

namespace {

enum Family : std::size_t {
    build_info,
    ready,
    workers,
    responses,
    decisions,
    problems,
    cuts,
    request_bytes,
    response_bytes,
    request_duration,
    client_connections,
    client_connections_opened,
    client_connections_refused,
    upstream_wait,
    upstream_connections,
    upstream_connects,
    upstream_connect_failures,
    upstream_failures,
    upstream_retries,
    upstream_ejections,
    access_lines,
    access_dropped,
    log_dropped,
    reloads,
    reload_failed,
    reload_success,
    family_count
};

using enum MetricType;

constexpr std::array<Metric, family_count> kMetrics{{
    {"corsd_build_info", "version", "The version of this program; always 1.", gauge},
    {"corsd_ready", "", "1 while /readyz answers 200.", gauge},
    {"corsd_workers", "", "Threads that serve.", gauge},
    {"corsd_responses_total", "site, class",
     "Finished requests by site and status class; class none: the client was gone before an answer.", counter},
    {"corsd_decisions_total", "site, resource, kind, decision, reason, mode",
     "Decisions of the policy by the resource that made them.", counter},
    {"corsd_problems_total", "reason", "Requests that corsd itself refused or could not fulfil, by reason.", counter},
    {"corsd_cut_responses_total", "side",
     "Answers that ended short after their head was out: client or upstream gave up.", counter},
    {"corsd_request_body_bytes_total", "site", "Bytes of request bodies received.", counter},
    {"corsd_response_body_bytes_total", "site", "Bytes of response bodies sent.", counter},
    {"corsd_request_duration_seconds", "site",
     "From a request's head to the last byte of its answer; tunnels are left out.", histogram},
    {"corsd_client_connections", "", "Client connections open now.", gauge},
    {"corsd_client_connections_accepted_total", "", "Client connections accepted.", counter},
    {"corsd_client_connections_refused_total", "",
     "Client connections over limits.max_connections_per_address, told so with a 429.", counter},
    {"corsd_upstream_wait_seconds", "upstream", "From a request sent to the head of the upstream's answer.", histogram},
    {"corsd_upstream_connections", "upstream, state", "Upstream connections open now: active or idle.", gauge},
    {"corsd_upstream_connects_total", "upstream", "Attempts to make an upstream connection.", counter},
    {"corsd_upstream_connect_failures_total", "upstream", "Those attempts that made none.", counter},
    {"corsd_upstream_failures_total", "upstream, reason", "Requests that an upstream failed, by reason.", counter},
    {"corsd_upstream_retries_total", "upstream", "Requests sent once more on another connection.", counter},
    {"corsd_upstream_ejections_total", "upstream", "Endpoints taken out for a while because they failed.", counter},
    {"corsd_access_log_lines_total", "", "Lines of the access log handed to the system.", counter},
    {"corsd_access_log_dropped_total", "", "Lines of the access log lost because its reader was too slow.", counter},
    {"corsd_log_dropped_total", "", "Lines of the diagnostic log lost.", counter},
    {"corsd_config_reloads_total", "result", "Reloads of the configuration by result: success or failure.", counter},
    {"corsd_config_last_reload_failed", "", "1 while the last reload failed and the configuration before it serves on.",
     gauge},
    {"corsd_config_last_reload_success_timestamp_seconds", "",
     "When the configuration that serves was loaded, in seconds since 1970.", gauge},
}};

constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

class Exposition {
  public:
    explicit Exposition(const MetricsInput& input) : input_(input), text_(out_) {}

    [[nodiscard]] std::string run() {
        process();
        decided();
        served();
        connected();
        logged();
        return std::move(out_);
    }

  private:
    void begin(Family family) { text_.family(kMetrics[family]); }
    void single(Family family, std::uint64_t value) {
        begin(family);
        text_.sample(value);
    }
    void process();
    void decided();
    void decisions_of(const ResourceSeries& series);
    void served();
    void connected();
    void upstream_totals();
    void logged();

    /// The sum over all workers of what `get` finds in each one's counters.
    template <typename Get>
    [[nodiscard]] std::uint64_t over_workers(Get get) const {
        std::uint64_t sum = 0;
        for (const Counters* counters : input_.workers)
            sum += get(*counters).value();
        return sum;
    }
    template <typename Series, typename Get>
    [[nodiscard]] static std::uint64_t sum_of(const Series& series, Get get) {
        std::uint64_t sum = 0;
        for (const auto& counters : series.all())
            sum += get(counters).value();
        return sum;
    }
    template <typename AllSeries, typename Get>
    void total(Family family, const AllSeries& all, Get get) {
        begin(family);
        for (const auto& series : all)
            text_.sample(sum_of(*series, get), {series->name()});
    }
    template <typename AllSeries, typename Get>
    void durations(Family family, const AllSeries& all, Get get) {
        begin(family);
        for (const auto& series : all) {
            Histogram::Total sum;
            for (const auto& counters : series->all())
                get(counters).add_to(sum);
            text_.histogram(sum, {series->name()});
        }
    }

    const MetricsInput& input_;
    std::string out_;
    PrometheusText text_;
};

void Exposition::process() {
    begin(build_info);
    text_.sample(1, {CORSD_VERSION});
    single(ready, input_.ready ? 1 : 0);
    single(workers, input_.workers.size());
}

void Exposition::decisions_of(const ResourceSeries& series) {
    const ResourceLabels& labels = series.labels();
    for (std::size_t kind = 0; kind < kDecisionKinds; ++kind) {
        for (std::size_t decision = 0; decision < kDecisions; ++decision) {
            for (std::size_t reason = 0; reason < kPolicyReasons; ++reason) {
                const Outcome outcome{static_cast<DecisionKind>(kind), static_cast<Decision>(decision),
                                      static_cast<Reason>(reason)};
                const std::uint64_t count = series.total(outcome);
                if (count == 0) continue;  // of 264 cells most stay empty for good
                text_.sample(count, {labels.site, labels.resource, to_string(outcome.kind), to_string(outcome.decision),
                                     to_string(outcome.reason), labels.mode});
            }
        }
    }
}

void Exposition::decided() {
    begin(responses);
    for (const auto& site : input_.series->sites()) {
        for (std::size_t i = 0; i < kClasses.size(); ++i) {
            const auto of_class = [i](const SiteCounters& counters) -> const Counter& { return counters.responses[i]; };
            text_.sample(sum_of(*site, of_class), {site->name(), kClasses[i]});
        }
    }
    begin(decisions);
    for (const auto& series : input_.series->resources()) {
        if (series->used()) decisions_of(*series);
    }
    begin(problems);
    for (std::size_t i = 1; i < kReasonCount; ++i) {
        text_.sample(over_workers([i](const Counters& counters) -> const Counter& { return counters.problems[i]; }),
                     {to_string(static_cast<Reason>(i))});
    }
    begin(cuts);
    text_.sample(over_workers([](const Counters& counters) -> const Counter& { return counters.cut_by_client; }),
                 {"client"});
    text_.sample(over_workers([](const Counters& counters) -> const Counter& { return counters.cut_by_upstream; }),
                 {"upstream"});
}

void Exposition::served() {
    const auto& sites = input_.series->sites();
    total(request_bytes, sites, [](const SiteCounters& counters) -> const Counter& { return counters.bytes_in; });
    total(response_bytes, sites, [](const SiteCounters& counters) -> const Counter& { return counters.bytes_out; });
    durations(request_duration, sites,
              [](const SiteCounters& counters) -> const Histogram& { return counters.duration; });
}

void Exposition::connected() {
    const std::uint64_t closed =
        over_workers([](const Counters& counters) -> const Counter& { return counters.connections_closed; });
    const std::uint64_t opened =
        over_workers([](const Counters& counters) -> const Counter& { return counters.connections_opened; });
    single(client_connections, opened > closed ? opened - closed : 0);
    single(client_connections_opened, opened);
    single(client_connections_refused,
           over_workers([](const Counters& counters) -> const Counter& { return counters.connections_refused; }));
    durations(upstream_wait, input_.series->upstreams(),
              [](const UpstreamCounters& counters) -> const Histogram& { return counters.wait; });
    begin(upstream_connections);
    for (const UpstreamState& upstream : input_.upstreams) {
        const std::uint64_t idle = std::min(upstream.idle, upstream.open);  // read one after the other
        text_.sample(upstream.open - idle, {upstream.name, "active"});
        text_.sample(idle, {upstream.name, "idle"});
    }
    upstream_totals();
}

void Exposition::upstream_totals() {
    using Upstream = const UpstreamCounters&;
    const auto& upstreams = input_.series->upstreams();
    total(upstream_connects, upstreams, [](Upstream counters) -> const Counter& { return counters.connects; });
    total(upstream_connect_failures, upstreams,
          [](Upstream counters) -> const Counter& { return counters.connect_failures; });
    begin(upstream_failures);
    for (const auto& upstream : upstreams) {
        for (std::size_t i = 0; i < kUpstreamReasons; ++i) {
            const auto reason = static_cast<Reason>(static_cast<std::size_t>(kFirstUpstreamReason) + i);
            const auto of_reason = [i](Upstream counters) -> const Counter& { return counters.failures[i]; };
            text_.sample(sum_of(*upstream, of_reason), {upstream->name(), to_string(reason)});
        }
    }
    total(upstream_retries, upstreams, [](Upstream counters) -> const Counter& { return counters.retries; });
    total(upstream_ejections, upstreams, [](Upstream counters) -> const Counter& { return counters.ejections; });
}

void Exposition::logged() {
    single(access_lines, input_.access_lines);
    single(access_dropped, input_.access_dropped);
    single(log_dropped, input_.log_dropped);
    begin(reloads);
    text_.sample(input_.reload.succeeded, {"success"});
    text_.sample(input_.reload.failed, {"failure"});
    single(reload_failed, input_.reload.last_failed ? 1 : 0);
    single(reload_success, input_.reload.last_success);
}

}  // namespace

std::span<const Metric> all_metrics() noexcept {
    return kMetrics;
}

std::string metrics_text(const MetricsInput& input) {
    return Exposition(input).run();
}

}  // namespace corsd::telemetry
