#include "telemetry/series.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace corsd::telemetry {

ResourceSeries::ResourceSeries(ResourceLabels labels, std::size_t workers)
    : labels_(std::move(labels)), cells_(workers) {}

ResourceSeries::~ResourceSeries() {
    for (auto& cells : cells_)
        delete cells.load(std::memory_order_acquire);
}

DecisionCells* ResourceSeries::make_cells(std::size_t worker) noexcept {
    auto* const cells = new (std::nothrow) DecisionCells;
    cells_[worker].store(cells, std::memory_order_release);  // the reader sees them zeroed
    return cells;
}

bool ResourceSeries::used() const noexcept {
    return std::any_of(cells_.begin(), cells_.end(),
                       [](const auto& cells) { return cells.load(std::memory_order_relaxed) != nullptr; });
}

std::uint64_t ResourceSeries::total(const Outcome& outcome) const noexcept {
    std::uint64_t total = 0;
    for (const auto& cells : cells_) {
        const DecisionCells* const counted = cells.load(std::memory_order_acquire);
        if (counted != nullptr) total += counted->counts[DecisionCells::place(outcome)].value();
    }
    return total;
}

namespace {

struct LabelsHash {
    std::size_t operator()(const ResourceLabels& labels) const noexcept {
        std::size_t hash = 0;
        for (const std::string_view text :
             {std::string_view(labels.site), std::string_view(labels.resource), std::string_view(labels.mode)}) {
            hash = hash * 31 + std::hash<std::string_view>{}(text);
        }
        return hash;
    }
};

/// The series of these names, those of `before` where it has them.
template <typename Series>
std::vector<std::shared_ptr<Series>> named(const std::vector<std::string>& names,
                                           const std::vector<std::shared_ptr<Series>>& before, std::size_t workers) {
    std::unordered_map<std::string_view, std::shared_ptr<Series>> known;
    for (const auto& series : before)
        known.emplace(series->name(), series);
    std::vector<std::shared_ptr<Series>> result;
    for (const std::string& name : names) {
        const auto found = known.find(name);
        result.push_back(found != known.end() ? found->second : std::make_shared<Series>(name, workers));
    }
    return result;
}

}  // namespace

std::shared_ptr<const SeriesTable> SeriesRegistry::arrange(const SeriesLayout& layout) {
    auto table = std::make_shared<SeriesTable>();
    std::unordered_map<ResourceLabels, std::shared_ptr<ResourceSeries>, LabelsHash> known;
    for (const auto& series : current_->resources_)
        known.emplace(series->labels(), series);
    std::unordered_map<ResourceLabels, ResourceSeries*, LabelsHash> taken;
    for (const ResourceLabels& labels : layout.rows) {
        const auto [place, is_new] = taken.emplace(labels, nullptr);
        if (is_new) {
            const auto found = known.find(labels);
            table->resources_.push_back(found != known.end() ? found->second
                                                             : std::make_shared<ResourceSeries>(labels, workers_));
            place->second = table->resources_.back().get();
        }
        table->rows_.push_back(place->second);
    }
    std::vector<std::string> sites = layout.sites;
    sites.emplace_back();  // of requests that found none
    table->sites_ = named(sites, current_->sites_, workers_);
    table->upstreams_ = named(layout.upstreams, current_->upstreams_, workers_);
    current_ = table;
    return table;
}

}  // namespace corsd::telemetry
