// Read buffers, recycled per worker.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace corsd::proxy {

/// Bytes read and not yet dealt with: [begin, end) of a block. One thread. Empty (no block) until it is filled.
class Buffer {
  public:
    [[nodiscard]] bool held() const noexcept { return block_ != nullptr; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] char* data() noexcept { return block_.get() + begin_; }
    [[nodiscard]] std::string_view view() const noexcept { return {block_.get() + begin_, end_ - begin_}; }
    /// The free space behind the bytes.
    [[nodiscard]] std::span<char> space() noexcept { return {block_.get() + end_, capacity_ - end_}; }

    void filled(std::size_t bytes) noexcept { end_ += bytes; }
    void consume(std::size_t bytes) noexcept { begin_ += bytes; }
    /// Moves the bytes to the start of the block. Not while a read into space() is pending.
    void compact() noexcept {
        if (begin_ == 0) return;
        std::memmove(block_.get(), block_.get() + begin_, size());
        end_ -= begin_;
        begin_ = 0;
    }
    /// Forgets the bytes from `offset` of the block on; what comes before stays untouched.
    void rewind(std::size_t offset) noexcept { begin_ = end_ = offset; }
    [[nodiscard]] std::size_t offset() const noexcept { return begin_; }

    /// A larger block with the same bytes.
    void grow(std::size_t capacity) {
        std::unique_ptr<char[]> larger(new char[capacity]);
        std::memcpy(larger.get(), block_.get() + begin_, size());
        end_ -= begin_;
        begin_ = 0;
        block_ = std::move(larger);
        capacity_ = capacity;
    }

  private:
    friend class BufferPool;
    std::unique_ptr<char[]> block_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

/// Keeps blocks of the usual size for the next user. Belongs to a worker.
class BufferPool {
  public:
    // Not a power of two: the heads of blocks that stand side by side would all fall into the same few sets of the
    // caches.
    static constexpr std::size_t kBlock = 32 * 1024 + 17 * 64;
    static constexpr std::size_t kKept = 256;

    void take(Buffer& buffer) {
        if (blocks_.empty()) {
            buffer.block_.reset(new char[kBlock]);
        } else {
            buffer.block_ = std::move(blocks_.back());
            blocks_.pop_back();
        }
        buffer.capacity_ = kBlock;
        buffer.begin_ = buffer.end_ = 0;
    }

    void give(Buffer& buffer) noexcept {
        if (buffer.capacity_ == kBlock && blocks_.size() < kKept) {
            blocks_.push_back(std::move(buffer.block_));
        }
        buffer.block_.reset();
        buffer.capacity_ = buffer.begin_ = buffer.end_ = 0;
    }

    BufferPool() { blocks_.reserve(kKept); }

  private:
    std::vector<std::unique_ptr<char[]>> blocks_;
};

}  // namespace corsd::proxy
