// A bounded queue of bytes between two threads: one writes, one reads, neither waits for the other.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace corsd::telemetry {

/// Lock-free, one producer and one consumer. The producer writes a record in one piece, because behind the ring there
/// is room for the longest one: what sticks out is copied to the front when it is committed. A record becomes visible
/// whole.
class ByteRing {
  public:
    /// `capacity` is rounded up to a power of two; `longest` is the most that one reserve() may ask for.
    ByteRing(std::size_t capacity, std::size_t longest)
        : capacity_(std::bit_ceil(capacity)), longest_(longest), bytes_(new char[capacity_ + longest_]) {}

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Producer: `size` bytes to write to, or null when they are not free.
    [[nodiscard]] char* reserve(std::size_t size) noexcept {
        if (size > longest_) return nullptr;
        if (capacity_ - (head_ - seen_tail_) < size) {
            seen_tail_ = tail_.load(std::memory_order_acquire);
            if (capacity_ - (head_ - seen_tail_) < size) return nullptr;
        }
        return bytes_.get() + (head_ & (capacity_ - 1));
    }

    /// Producer: makes the first `size` bytes of what reserve() gave visible to the consumer.
    void commit(std::size_t size) noexcept {
        const std::size_t place = head_ & (capacity_ - 1);
        if (place + size > capacity_) {
            std::memcpy(bytes_.get(), bytes_.get() + capacity_, place + size - capacity_);
        }
        head_ += size;
        published_.store(head_, std::memory_order_release);
    }

    /// Producer: true when more than half of the ring waits to be read.
    [[nodiscard]] bool over_half() noexcept {
        if (head_ - seen_tail_ <= capacity_ / 2) return false;
        seen_tail_ = tail_.load(std::memory_order_acquire);
        return head_ - seen_tail_ > capacity_ / 2;
    }

    /// Consumer: what is there, in at most two pieces; the views hold until consume().
    [[nodiscard]] std::array<std::string_view, 2> readable() const noexcept {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        const std::size_t size = published_.load(std::memory_order_acquire) - tail;
        const std::size_t place = tail & (capacity_ - 1);
        const std::size_t first = std::min(size, capacity_ - place);
        return {std::string_view(bytes_.get() + place, first), std::string_view(bytes_.get(), size - first)};
    }

    /// Consumer: gives the first `size` readable bytes back to the producer.
    void consume(std::size_t size) noexcept {
        tail_.store(tail_.load(std::memory_order_relaxed) + size, std::memory_order_release);
    }

  private:
    const std::size_t capacity_;
    const std::size_t longest_;
    const std::unique_ptr<char[]> bytes_;  // not initialised: a page is touched when a line reaches it

    // The producer's own line, the line it publishes on, the consumer's line. Positions only grow.
    alignas(64) std::size_t head_ = 0;
    std::size_t seen_tail_ = 0;
    alignas(64) std::atomic<std::size_t> published_{0};
    alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace corsd::telemetry
