#include "allocation_count.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace corsd::tests {

namespace {
std::atomic<std::size_t> total{0};
std::atomic<std::size_t> until_failure{0};  // 0: none
std::atomic<bool> failed{false};
thread_local bool counted = false;
}  // namespace

void count_my_allocations() noexcept {
    counted = true;
}
std::size_t allocations() noexcept {
    return total.load();
}

void ignore_my_allocations() noexcept {
    counted = false;
}
void fail_allocation(std::size_t nth) noexcept {
    failed = false;
    until_failure = nth;
}
bool allocation_failed() noexcept {
    return failed;
}

/// Counts one; true: it shall fail.
static bool count() noexcept {
    if (!counted) return false;
    total.fetch_add(1, std::memory_order_relaxed);
    if (until_failure.load(std::memory_order_relaxed) == 0 || until_failure.fetch_sub(1) != 1) return false;
    return failed = true;
}

static void* counted_malloc(std::size_t size) noexcept {
    return count() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

static void* allocate(std::size_t size) {
    if (void* const memory = counted_malloc(size)) return memory;
    throw std::bad_alloc{};
}

}  // namespace corsd::tests

void* operator new(std::size_t size) {
    return corsd::tests::allocate(size);
}
void* operator new[](std::size_t size) {
    return corsd::tests::allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return corsd::tests::counted_malloc(size);
}
/// What Asio takes for its handlers, from the C library.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    void* memory = nullptr;
    if (corsd::tests::count()) return nullptr;
    return ::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) == 0 ? memory : nullptr;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
