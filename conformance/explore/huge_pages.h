// An allocator for large tables that are read at random: asks for huge pages where the system has
// them, which spares most of the walks through page tables. Nothing depends on getting them.
#pragma once

#include <cstddef>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace oplocksim::conformance::explore::detail {

template <typename T>
struct HugePages {
    using value_type = T;
    static constexpr std::size_t kHugePage = std::size_t{2} << 20;

    HugePages() = default;
    template <typename U>
    explicit HugePages(const HugePages<U>&) {}

    [[nodiscard]] static T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        void* const block = ::operator new(bytes, alignment(bytes));
#ifdef __linux__
        if (bytes >= kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
#endif
        return static_cast<T*>(block);
    }
    static void deallocate(T* block, std::size_t count) {
        ::operator delete(block, alignment(count * sizeof(T)));
    }
    bool operator==(const HugePages&) const = default;

 private:
    [[nodiscard]] static std::align_val_t alignment(std::size_t bytes) {
        return std::align_val_t{bytes >= kHugePage ? kHugePage : 64};
    }
};

}  // namespace oplocksim::conformance::explore::detail
