// What is counted by resource, site and upstream. The main thread arranges it for each snapshot, workers count in it,
// and it outlives a reload for as long as its labels stay in the configuration.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "telemetry/counters.hpp"
#include "telemetry/decision.hpp"
#include "telemetry/histogram.hpp"

namespace corsd::telemetry {

/// The decisions of one worker about one resource, by kind, decision and reason.
struct DecisionCells {
    std::array<Counter, kDecisionKinds * kDecisions * kPolicyReasons> counts;

    /// A reason that is none of a policy's counts as `none`: it cannot be, and must not write elsewhere.
    [[nodiscard]] static constexpr std::size_t place(const Outcome& outcome) noexcept {
        const auto reason = static_cast<std::size_t>(outcome.reason);
        return (static_cast<std::size_t>(outcome.kind) * kDecisions + static_cast<std::size_t>(outcome.decision)) *
                   kPolicyReasons +
               (reason < kPolicyReasons ? reason : 0);
    }
};

struct ResourceLabels {
    std::string site, resource, mode;
    [[nodiscard]] bool operator==(const ResourceLabels&) const = default;
};

/// One resource with one mode. A worker's cells (2 KiB) are made by its first decision here, so that ten thousand
/// resources cost what is used of them.
class ResourceSeries {
  public:
    ResourceSeries(ResourceLabels labels, std::size_t workers);
    ~ResourceSeries();
    ResourceSeries(const ResourceSeries&) = delete;
    ResourceSeries& operator=(const ResourceSeries&) = delete;

    /// On the thread of worker `worker` only. Without memory for the cells the decision is not counted.
    void count(std::size_t worker, const Outcome& outcome) noexcept {
        DecisionCells* cells = cells_[worker].load(std::memory_order_relaxed);
        if (cells == nullptr) cells = make_cells(worker);
        if (cells != nullptr) cells->counts[DecisionCells::place(outcome)].add();
    }

    // Any thread.
    [[nodiscard]] const ResourceLabels& labels() const noexcept { return labels_; }
    [[nodiscard]] bool used() const noexcept;
    [[nodiscard]] std::uint64_t total(const Outcome& outcome) const noexcept;

  private:
    [[nodiscard]] DecisionCells* make_cells(std::size_t worker) noexcept;

    ResourceLabels labels_;
    std::vector<std::atomic<DecisionCells*>> cells_;  // by worker; owned
};

/// The requests of one site at one worker.
struct alignas(64) SiteCounters {
    std::array<Counter, 6> responses;  // by status class, 1 to 5; 0: no answer could be sent
    Counter bytes_in, bytes_out;       // of bodies
    Histogram duration;

    /// `status` 0 means that the client was gone before an answer.
    void count_response(unsigned status) noexcept {
        const unsigned status_class = status / 100;
        responses[status_class < responses.size() ? status_class : 0].add();
    }
};

/// What a failure of the upstream is called: upstream_unreachable to overloaded, in Reason's order.
inline constexpr Reason kFirstUpstreamReason = Reason::upstream_unreachable;
inline constexpr std::size_t kUpstreamReasons =
    static_cast<std::size_t>(Reason::overloaded) - static_cast<std::size_t>(kFirstUpstreamReason) + 1;

/// One upstream at one worker.
struct alignas(64) UpstreamCounters {
    Counter connects;          // tries to make a connection
    Counter connect_failures;  // those that made none
    Counter retries;           // requests sent once more, on another connection
    Counter ejections;         // endpoints taken out for a while
    std::array<Counter, kUpstreamReasons> failures;
    Histogram wait;

    /// A reason that blames the client is not counted here.
    void count_failure(Reason reason) noexcept {
        const auto place = static_cast<std::size_t>(reason) - static_cast<std::size_t>(kFirstUpstreamReason);
        if (place < kUpstreamReasons) failures[place].add();
    }
};

/// Counters of each worker under one name.
template <typename Counters>
class NamedSeries {
  public:
    NamedSeries(std::string name, std::size_t workers) : name_(std::move(name)), counters_(workers) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Written on the thread of worker `worker` only, read on any.
    [[nodiscard]] Counters& of(std::size_t worker) noexcept { return counters_[worker]; }
    [[nodiscard]] const std::vector<Counters>& all() const noexcept { return counters_; }

  private:
    std::string name_;
    std::vector<Counters> counters_;
};
using SiteSeries = NamedSeries<SiteCounters>;
using UpstreamSeries = NamedSeries<UpstreamCounters>;

/// The labels that a configuration brings, by its own indices.
struct SeriesLayout {
    std::vector<ResourceLabels> rows;           // by row; rows may share their labels
    std::vector<std::string> sites, upstreams;  // by index
};

/// The series of one snapshot, by the snapshot's indices. Immutable but for the counts; whoever counts holds it.
class SeriesTable {
  public:
    [[nodiscard]] ResourceSeries& resource(std::size_t row) const noexcept { return *rows_[row]; }
    /// unrouted(), one behind the layout's last, is that of requests that found no site.
    [[nodiscard]] SiteSeries& site(std::size_t index) const noexcept { return *sites_[index]; }
    [[nodiscard]] std::size_t unrouted() const noexcept { return sites_.size() - 1; }
    [[nodiscard]] UpstreamSeries& upstream(std::size_t index) const noexcept { return *upstreams_[index]; }

    // For the exposition: each series once.
    [[nodiscard]] const std::vector<std::shared_ptr<ResourceSeries>>& resources() const noexcept { return resources_; }
    [[nodiscard]] const std::vector<std::shared_ptr<SiteSeries>>& sites() const noexcept { return sites_; }
    [[nodiscard]] const std::vector<std::shared_ptr<UpstreamSeries>>& upstreams() const noexcept { return upstreams_; }

  private:
    friend class SeriesRegistry;
    std::vector<ResourceSeries*> rows_;
    std::vector<std::shared_ptr<ResourceSeries>> resources_;
    std::vector<std::shared_ptr<SiteSeries>> sites_;
    std::vector<std::shared_ptr<UpstreamSeries>> upstreams_;
};

/// Main thread. A series goes on counting as long as each table after the other has its labels; what a reload leaves
/// out ends, and begins at zero when a later one brings it back.
class SeriesRegistry {
  public:
    explicit SeriesRegistry(std::size_t workers) noexcept : workers_(workers) {}

    /// The table for a snapshot that takes effect now: from here on it is the current one.
    [[nodiscard]] std::shared_ptr<const SeriesTable> arrange(const SeriesLayout& layout);
    [[nodiscard]] const SeriesTable& current() const noexcept { return *current_; }

  private:
    std::size_t workers_;
    std::shared_ptr<const SeriesTable> current_ = std::make_shared<SeriesTable>();
};

}  // namespace corsd::telemetry
