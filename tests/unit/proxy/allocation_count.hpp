// Counts operator new on threads that ask for it.
#pragma once

#include <cstddef>

namespace corsd::tests {

/// From now on this thread's allocations are counted.
void count_my_allocations() noexcept;
/// Of all threads that are counted.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace corsd::tests
