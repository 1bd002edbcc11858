#include "ops/listeners.hpp"

#include <algorithm>
#include <utility>

#include "telemetry/log.hpp"

namespace corsd::ops {

std::string Listeners::prepare(const std::vector<config::Listener>& wanted) {
    for (const config::Listener& listener : wanted) {
        const bool is_open = std::any_of(open_.begin(), open_.end(), [&](const auto& acceptor) {
            return acceptor->listener().address == listener.address;
        });
        if (is_open) continue;
        const bool passed = listener.address.kind == config::AddressKind::passed;
        if (std::string error = passed ? open_passed(listener) : open(listener); !error.empty()) {
            discard();
            return error;
        }
    }
    return {};
}

std::string Listeners::open(const config::Listener& listener) {
    prepared_.push_back(std::make_unique<Acceptor>(io_, listener, ++last_number_, hooks_));
    std::string error = prepared_.back()->open();
    return error.empty() ? error : error + busy_hint(listener.address);
}

std::string Listeners::open_passed(const config::Listener& listener) {
    const std::vector<int> descriptors = passed_.named(listener.address.name);
    if (descriptors.empty()) {
        const std::string others = passed_.names();
        return "cannot listen on " + listener.address.text + ": systemd passed no socket of that name" +
               (others.empty() ? "; is there a .socket unit with FileDescriptorName=" + listener.address.name + "?"
                               : "; those that it passed: " + others);
    }
    for (const int descriptor : descriptors) {
        prepared_.push_back(std::make_unique<Acceptor>(io_, listener, ++last_number_, hooks_));
        if (std::string error = prepared_.back()->open_passed(descriptor); !error.empty()) return error;
    }
    return {};
}

/// Why a port may be busy that no other program has: 127.0.0.1:80 stands in the way of 0.0.0.0:80.
std::string Listeners::busy_hint(const config::Address& address) const {
    if (address.kind != config::AddressKind::tcp) return {};
    for (const auto& acceptor : open_) {
        const config::Address& mine = acceptor->listener().address;
        if (mine.kind == address.kind && mine.port == address.port) {
            return "; this process itself listens on " + mine.text + ": take that away first, or restart";
        }
    }
    return {};
}

std::vector<std::uint32_t> Listeners::commit(const std::vector<config::Listener>& wanted) {
    for (auto& acceptor : prepared_) {
        telemetry::log_write(telemetry::Level::info, "listening on " + acceptor->listener().address.text);
        acceptor->start();
        open_.push_back(std::move(acceptor));
    }
    prepared_.clear();
    std::vector<std::uint32_t> gone;
    std::erase_if(open_, [&](const auto& acceptor) {
        const bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const auto& listener) {
            return acceptor->listener().address == listener.address;
        });
        if (stays) return false;
        telemetry::log_write(telemetry::Level::info, "no longer listening on " + acceptor->listener().address.text);
        acceptor->finish();
        gone.push_back(acceptor->number());
        return true;
    });
    return gone;
}

void Listeners::finish() {
    for (const auto& acceptor : open_)
        acceptor->finish();
}

}  // namespace corsd::ops
