// Memory for a handler of Asio's that must not fail to be posted.
#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <cassert>
#include <cstddef>
#include <utility>

namespace corsd::net {

/// Asio asks for memory whenever something is posted or waited for, and gives it back before the handler is called.
/// Where at most one is outstanding it can have the same place each time, and nothing is left that can fail. One
/// thread. May be destroyed while its handler is outstanding: the place goes with that.
class HandlerBlock {
  public:
    HandlerBlock() : place_(new Place) {}
    HandlerBlock(const HandlerBlock&) = delete;
    HandlerBlock& operator=(const HandlerBlock&) = delete;
    ~HandlerBlock() {
        if (place_->taken) {
            place_->orphaned = true;
        } else {
            delete place_;
        }
    }

    /// The handler, with this as its memory.
    template <typename Handler>
    [[nodiscard]] auto hold(Handler handler) noexcept {
        return boost::asio::bind_allocator(Allocator<char>(place_), std::move(handler));
    }

  private:
    static constexpr std::size_t kBytes = 256;

    struct Place {
        alignas(std::max_align_t) std::byte bytes[kBytes];
        bool taken = false, orphaned = false;
    };

    template <typename T>
    struct Allocator {
        using value_type = T;
        explicit Allocator(Place* of) noexcept : place(of) {}
        template <typename U>
        Allocator(const Allocator<U>& other) noexcept : place(other.place) {}

        [[nodiscard]] T* allocate([[maybe_unused]] std::size_t count) const noexcept {
            static_assert(sizeof(T) <= kBytes);
            static_assert(alignof(T) <= alignof(std::max_align_t));
            assert(count == 1 && !place->taken);
            place->taken = true;
            return reinterpret_cast<T*>(place->bytes);
        }
        void deallocate(T*, std::size_t) const noexcept {
            place->taken = false;
            if (place->orphaned) delete place;
        }
        template <typename U>
        [[nodiscard]] bool operator==(const Allocator<U>& other) const noexcept {
            return place == other.place;
        }
        Place* place;
    };

    Place* place_;
};

}  // namespace corsd::net
