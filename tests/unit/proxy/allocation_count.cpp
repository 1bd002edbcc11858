#include "allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace corsd::tests {

namespace {
std::atomic<std::size_t> total{0};
thread_local bool counted = false;
}  // namespace

void count_my_allocations() noexcept {
    counted = true;
}
std::size_t allocations() noexcept {
    return total.load();
}

static void* counted_malloc(std::size_t size) noexcept {
    if (counted) total.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(size == 0 ? 1 : size);
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
