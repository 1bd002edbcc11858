// Memory for coroutine frames: a free list per thread and size class, so that a warm thread allocates nothing.
#pragma once

#include <cstddef>

namespace corsd::net {

/// Frames are freed on the thread that made them (a worker never hands a coroutine to another). Sizes over the largest
/// class go to operator new. The lists are given back when the thread ends, or asks for it.
[[nodiscard]] void* allocate_frame(std::size_t size);
void deallocate_frame(void* frame, std::size_t size) noexcept;
/// Frees what this thread keeps for later frames.
void release_free_frames() noexcept;

}  // namespace corsd::net
