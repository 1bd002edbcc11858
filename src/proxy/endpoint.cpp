#include "proxy/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "proxy/h1_client.hpp"

namespace corsd::proxy {

using std::chrono::steady_clock;

namespace {

/// How often, while all are ejected, a request finds out whether that is over.
constexpr std::chrono::seconds kTrialEvery{1};

}  // namespace

Endpoint::Endpoint(const EndpointAddress& of, std::uint64_t number)
    : definition(of.endpoint), address(of.address), text(of.address.text()), id(number) {}

Endpoint::~Endpoint() = default;

std::vector<std::shared_ptr<Endpoint>> EndpointSet::replace(std::span<const EndpointAddress> addresses) {
    std::vector<std::shared_ptr<Endpoint>> before = std::exchange(endpoints_, {});
    for (const EndpointAddress& address : addresses) {
        const std::string text = address.address.text();
        const auto is_same = [&](const std::shared_ptr<Endpoint>& endpoint) {
            return endpoint != nullptr && endpoint->definition == address.endpoint && endpoint->text == text;
        };
        if (std::any_of(endpoints_.begin(), endpoints_.end(), is_same)) continue;  // resolvers repeat themselves
        const auto known = std::find_if(before.begin(), before.end(), is_same);
        if (known != before.end()) {
            endpoints_.push_back(std::move(*known));
        } else {
            endpoints_.push_back(std::make_shared<Endpoint>(address, ++last_id_));
        }
    }
    std::erase(before, nullptr);
    for (const auto& endpoint : before)
        endpoint->gone = true;
    const auto is_ejected = [](const auto& endpoint) { return endpoint->ejected; };
    ejected_ = static_cast<std::size_t>(std::count_if(endpoints_.begin(), endpoints_.end(), is_ejected));
    if (ejected_ == endpoints_.size()) readmit_all();
    return before;
}

void EndpointSet::readmit_all() noexcept {
    for (const auto& endpoint : endpoints_)
        endpoint->ejected = false;
    ejected_ = 0;
}

void EndpointSet::readmit(TimePoint now) noexcept {
    if (all_ejected()) return;
    for (const auto& endpoint : endpoints_) {
        if (!endpoint->ejected || now < endpoint->ejected_until) continue;
        endpoint->ejected = false;
        --ejected_;
    }
}

const std::shared_ptr<Endpoint>* EndpointSet::choose_trial(TimePoint now) noexcept {
    if (now < next_trial_) return nullptr;
    next_trial_ = now + kTrialEvery;
    const std::shared_ptr<Endpoint>& endpoint = endpoints_[next_ % endpoints_.size()];
    next_ = (next_ + 1) % endpoints_.size();
    return &endpoint;
}

const std::shared_ptr<Endpoint>* EndpointSet::choose(std::uint64_t avoid) {
    const std::size_t count = endpoints_.size();
    if (count <= 1) return count == 0 ? nullptr : endpoints_.data();
    if (ejected_ > 0) {
        const TimePoint now = steady_clock::now();
        if (all_ejected()) return choose_trial(now);
        readmit(now);
    }
    const std::shared_ptr<Endpoint>* best = nullptr;
    const std::shared_ptr<Endpoint>* last_resort = nullptr;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = (next_ + i) % count;
        const std::shared_ptr<Endpoint>& endpoint = endpoints_[at];
        if (endpoint->ejected) continue;
        if (endpoint->id == avoid) {
            last_resort = &endpoint;
            continue;
        }
        if (best != nullptr && (*best)->busy() <= endpoint->busy()) continue;
        best = &endpoint;
        chosen = at;
        if (definition_.balance == config::Balance::round_robin) break;
    }
    if (best == nullptr) return last_resort;
    next_ = (chosen + 1) % count;
    return best;
}

bool EndpointSet::has_other(std::uint64_t id) {
    if (endpoints_.size() <= 1) return false;
    if (ejected_ > 0) readmit(steady_clock::now());
    return std::any_of(endpoints_.begin(), endpoints_.end(),
                       [id](const auto& endpoint) { return !endpoint->ejected && endpoint->id != id; });
}

Standing EndpointSet::failed(Endpoint& endpoint, Trouble trouble, TimePoint now) {
    const config::Ejection& rule = definition_.ejection;
    if (rule.failures == 0 || endpoint.gone || endpoint.ejected) return Standing::stays;
    if (endpoint.failures.size() < rule.failures) {
        endpoint.failures.push_back(now);
    } else {
        endpoint.failures[endpoint.oldest_failure] = now;
        endpoint.oldest_failure = (endpoint.oldest_failure + 1) % rule.failures;
    }
    const bool enough =
        endpoint.failures.size() == rule.failures && now - endpoint.failures[endpoint.oldest_failure] <= rule.window;
    readmit(now);
    const bool is_last = endpoints_.size() - ejected_ <= 1;
    if (!enough || endpoints_.size() <= 1 || (is_last && trouble == Trouble::poor)) return Standing::stays;
    endpoint.ejected = true;
    endpoint.ejected_until = now + rule.duration;
    endpoint.failures.clear();
    endpoint.oldest_failure = 0;
    ++ejected_;
    if (is_last) next_trial_ = now + kTrialEvery;
    return Standing::ejected;
}

bool EndpointSet::readmitted(Endpoint& endpoint) noexcept {
    if (!endpoint.ejected || endpoint.gone || !all_ejected()) return false;
    endpoint.ejected = false;
    --ejected_;
    return true;
}

}  // namespace corsd::proxy
