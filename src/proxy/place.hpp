// What a connection to an upstream takes up, from before it is made until it is closed.
#pragma once

#include <memory>
#include <utility>

#include "proxy/endpoint.hpp"
#include "proxy/upstream_share.hpp"

namespace corsd::proxy {

/// One of max_connections, and one of its endpoint's connections. Move-only; on the pool's thread.
class Place {
  public:
    Place() = default;
    /// After share->try_open() said yes.
    Place(std::shared_ptr<UpstreamShare> share, std::shared_ptr<Endpoint> endpoint) noexcept
        : share_(std::move(share)), endpoint_(std::move(endpoint)) {
        ++endpoint_->connections;
    }
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept {
        std::swap(share_, other.share_);
        std::swap(endpoint_, other.endpoint_);
        return *this;
    }
    ~Place() {
        if (endpoint_ != nullptr) --endpoint_->connections;
        if (share_ != nullptr) share_->closed();
    }

    /// The same one of max_connections, to another endpoint.
    void move_to(std::shared_ptr<Endpoint> endpoint) noexcept {
        --endpoint_->connections;
        endpoint_ = std::move(endpoint);
        ++endpoint_->connections;
    }
    [[nodiscard]] Endpoint& endpoint() const noexcept { return *endpoint_; }

  private:
    std::shared_ptr<UpstreamShare> share_;
    std::shared_ptr<Endpoint> endpoint_;
};

}  // namespace corsd::proxy
