// Counts the allocations of threads that ask for it, and makes one of them fail.
#pragma once

#include <cstddef>

namespace corsd::tests {

/// From now on this thread's allocations are counted.
void count_my_allocations() noexcept;
void ignore_my_allocations() noexcept;
/// Of all threads that are counted.
[[nodiscard]] std::size_t allocations() noexcept;

/// The `nth` allocation of a counted thread from now on throws std::bad_alloc, once; 0: none does.
void fail_allocation(std::size_t nth) noexcept;
/// Has it come to that?
[[nodiscard]] bool allocation_failed() noexcept;

}  // namespace corsd::tests
