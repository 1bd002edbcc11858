// What a worker serves with from one reload to the next, and how a request keeps hold of it.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "config/snapshot.hpp"
#include "http/h1_reader.hpp"
#include "proxy/upstream_pool.hpp"
#include "telemetry/series.hpp"

namespace corsd::proxy {

/// A snapshot, its series and the pools of its upstreams, on one worker and only on its thread. Pools outlive the
/// edition when the next one has the same upstream. Whoever needs it beyond the next suspension holds an EditionLease.
class Edition {
  public:
    /// `pools` by index in the configuration.
    Edition(std::shared_ptr<const config::Snapshot> snapshot, std::shared_ptr<const telemetry::SeriesTable> series,
            std::vector<std::shared_ptr<UpstreamPool>> pools);
    Edition(const Edition&) = delete;
    Edition& operator=(const Edition&) = delete;

    [[nodiscard]] const config::Snapshot& snapshot() const noexcept { return *snapshot_; }
    [[nodiscard]] const telemetry::SeriesTable& series() const noexcept { return *series_; }
    [[nodiscard]] const config::Config& config() const noexcept { return snapshot_->config(); }
    [[nodiscard]] const config::Limits& limits() const noexcept { return config().limits; }
    [[nodiscard]] const config::Timeouts& timeouts() const noexcept { return config().timeouts; }
    [[nodiscard]] const http::HeadLimits& head_limits() const noexcept { return head_limits_; }
    [[nodiscard]] http::Underscores underscores() const noexcept { return underscores_; }
    [[nodiscard]] UpstreamPool& pool(std::size_t upstream) const noexcept { return *pools_[upstream]; }
    [[nodiscard]] const std::vector<std::shared_ptr<UpstreamPool>>& pools() const noexcept { return pools_; }

  private:
    friend class EditionLease;
    std::shared_ptr<const config::Snapshot> snapshot_;
    std::shared_ptr<const telemetry::SeriesTable> series_;  // of the snapshot
    std::vector<std::shared_ptr<UpstreamPool>> pools_;
    http::HeadLimits head_limits_;
    http::Underscores underscores_;
    std::size_t leases_ = 0;
};

/// Keeps an Edition alive: one request sees the same one from its first byte to its record. A plain counter, because
/// an edition never leaves its thread.
class EditionLease {
  public:
    EditionLease() = default;
    /// Takes what `new` gave, or shares what another lease holds.
    explicit EditionLease(Edition* edition) noexcept : edition_(edition) { ++edition_->leases_; }
    EditionLease(const EditionLease& other) noexcept : edition_(other.edition_) {
        if (edition_ != nullptr) ++edition_->leases_;
    }
    EditionLease(EditionLease&& other) noexcept : edition_(std::exchange(other.edition_, nullptr)) {}
    EditionLease& operator=(EditionLease other) noexcept {
        std::swap(edition_, other.edition_);
        return *this;
    }
    ~EditionLease() { reset(); }

    void reset() noexcept {
        Edition* const edition = std::exchange(edition_, nullptr);
        if (edition != nullptr && --edition->leases_ == 0) delete edition;
    }
    [[nodiscard]] explicit operator bool() const noexcept { return edition_ != nullptr; }
    [[nodiscard]] const Edition& operator*() const noexcept { return *edition_; }
    [[nodiscard]] const Edition* operator->() const noexcept { return edition_; }

  private:
    Edition* edition_ = nullptr;
};

}  // namespace corsd::proxy
