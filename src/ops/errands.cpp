#include "ops/errands.hpp"

#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>
#include <utility>

#include "ops/signals_blocked.hpp"

namespace corsd::ops {

struct Errands::Desk {
    std::mutex mutex;
    boost::asio::io_context* io;  // null: nobody wants to know any more; written on the main thread
};

Errands::Errands(boost::asio::io_context& io) : desk_(new Desk{{}, &io}) {}

Errands::~Errands() {
    end();
}

void Errands::send(Work work) {
    const SignalsBlocked blocked;
    std::thread([desk = desk_, work = std::move(work)] {
        Report report = work();
        const std::lock_guard lock(desk->mutex);
        if (desk->io == nullptr) return;
        boost::asio::post(*desk->io, [desk, report = std::move(report)] {
            if (desk->io != nullptr) report();
        });
    }).detach();
}

void Errands::end() noexcept {
    const std::lock_guard lock(desk_->mutex);
    desk_->io = nullptr;
}

bool Errands::ended() const noexcept {
    return desk_->io == nullptr;
}

}  // namespace corsd::ops
