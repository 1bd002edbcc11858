// What a client's connection needs only while a request is on it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "http/chunked.hpp"
#include "http/h1_reader.hpp"
#include "net/pace.hpp"
#include "proxy/head_text.hpp"

namespace corsd::proxy {

struct Workspace {
    http::RequestReader reader{http::HeadLimits{}, http::Underscores::drop};
    http::ChunkedDecoder decoder;
    net::Pace body_pace;  // of the request's body
    HeadText out;         // heads on their way out; keeps its capacity
};

/// Keeps workspaces for the next user, with the capacity that they have grown to: a warm connection allocates nothing,
/// and an idle one holds none. Belongs to a worker.
class WorkspacePool {
  public:
    static constexpr std::size_t kKept = 256;

    WorkspacePool() { free_.reserve(kKept); }

    [[nodiscard]] std::unique_ptr<Workspace> take() {
        if (free_.empty()) return std::make_unique<Workspace>();
        std::unique_ptr<Workspace> workspace = std::move(free_.back());
        free_.pop_back();
        return workspace;
    }
    void give(std::unique_ptr<Workspace> workspace) noexcept {
        if (workspace != nullptr && free_.size() < kKept) free_.push_back(std::move(workspace));
    }

  private:
    std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace corsd::proxy
