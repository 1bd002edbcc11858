#include "net/frame_pool.hpp"

#include <array>
#include <new>
#include <utility>

namespace corsd::net {

namespace {

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = 128;

struct FreeFrame {
    FreeFrame* next;
};

class FreeFrames {
  public:
    FreeFrames() = default;
    FreeFrames(const FreeFrames&) = delete;
    FreeFrames& operator=(const FreeFrames&) = delete;
    ~FreeFrames() { release(); }

    void release() noexcept {
        for (FreeFrame*& head : heads_) {
            while (head != nullptr)
                ::operator delete(std::exchange(head, head->next));
        }
    }

    void* take(std::size_t index) {
        FreeFrame* frame = heads_[index];
        if (frame == nullptr) return ::operator new((index + 1) * kClassBytes);
        heads_[index] = frame->next;
        return frame;
    }

    void give(std::size_t index, void* memory) noexcept { heads_[index] = ::new (memory) FreeFrame{heads_[index]}; }

  private:
    std::array<FreeFrame*, kClasses> heads_{};
};

thread_local FreeFrames free_frames;

}  // namespace

void* allocate_frame(std::size_t size) {
    const std::size_t index = (size - 1) / kClassBytes;
    return index < kClasses ? free_frames.take(index) : ::operator new(size);
}

void deallocate_frame(void* frame, std::size_t size) noexcept {
    const std::size_t index = (size - 1) / kClassBytes;
    if (index < kClasses) {
        free_frames.give(index, frame);
    } else {
        ::operator delete(frame);
    }
}

void release_free_frames() noexcept {
    free_frames.release();
}

}  // namespace corsd::net
