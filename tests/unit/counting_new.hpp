// Counts the allocations of a test program. It replaces the global operators, so one file of a program includes it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// g++ 12 sees the malloc through an inlined operator new, and takes its free for a mistake.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace {
std::size_t allocations = 0;
}

// The forms for arrays, and those with a size, call these; std::stable_sort asks for its buffer with std::nothrow.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
