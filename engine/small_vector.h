// A vector with room for N elements inside the object.
//
// For trivially copyable elements only. Copying a SmallVector copies its elements; equality
// compares them in order. Up to N elements need no heap; beyond that one block is allocated.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace oplocksim::engine {

template <typename T, std::uint32_t N>
class SmallVector {
    static_assert(std::is_trivially_copyable_v<T> && N > 0);

 public:
    using value_type = T;

    SmallVector() noexcept {}
    SmallVector(const SmallVector& other) { assign(other); }
    SmallVector(SmallVector&& other) noexcept { steal(other); }
    SmallVector& operator=(const SmallVector& other) {
        if (this != &other) assign(other);
        return *this;
    }
    SmallVector& operator=(SmallVector&& other) noexcept {
        if (this != &other) {
            release();
            steal(other);
        }
        return *this;
    }
    ~SmallVector() { release(); }

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] T* begin() { return data(); }
    [[nodiscard]] T* end() { return data() + size_; }
    [[nodiscard]] const T* begin() const { return data(); }
    [[nodiscard]] const T* end() const { return data() + size_; }
    [[nodiscard]] T& operator[](std::uint32_t i) { return data()[i]; }
    [[nodiscard]] const T& operator[](std::uint32_t i) const { return data()[i]; }
    [[nodiscard]] T& front() { return data()[0]; }
    [[nodiscard]] const T& front() const { return data()[0]; }
    [[nodiscard]] T& back() { return data()[size_ - 1]; }
    [[nodiscard]] const T& back() const { return data()[size_ - 1]; }

    void clear() { size_ = 0; }

    void push_back(const T& value) {
        if (size_ == capacity_) [[unlikely]] {
            const T copy = value;
            grow();
            data()[size_++] = copy;
            return;
        }
        data()[size_++] = value;
    }

    // Appends a default element and returns it, to be filled in place.
    T& append() {
        if (size_ == capacity_) [[unlikely]] grow();
        T* const slot = data() + size_++;
        return *::new (static_cast<void*>(slot)) T{};
    }

    // Removes the element at `i`; the order of the others stays.
    void erase_at(std::uint32_t i) {
        --size_;
        if (i == size_) return;   // the last one: nothing moves
        T* const first = data();
        std::copy(first + i + 1, first + size_ + 1, first + i);
    }

    // Removes every element for which `predicate` holds; the order of the others stays.
    template <typename Predicate>
    void erase_if(Predicate predicate) {
        T* const first = data();
        std::uint32_t kept = 0;
        for (std::uint32_t i = 0; i < size_; ++i) {
            if (predicate(std::as_const(first[i]))) continue;
            if (kept != i) first[kept] = first[i];
            ++kept;
        }
        size_ = kept;
    }

    friend bool operator==(const SmallVector& a, const SmallVector& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

 private:
    [[nodiscard]] bool on_heap() const { return capacity_ > N; }
    [[nodiscard]] T* data() { return on_heap() ? heap_ : inline_; }
    [[nodiscard]] const T* data() const { return on_heap() ? heap_ : inline_; }

    void grow() {
        const std::uint32_t bigger = capacity_ * 2;
        T* const block = std::allocator<T>().allocate(bigger);
        std::copy(begin(), end(), block);
        release_block();
        heap_ = block;
        capacity_ = bigger;
    }

    void assign(const SmallVector& other) {
        if (other.size_ > capacity_) {
            T* const block = std::allocator<T>().allocate(other.size_);
            release_block();
            heap_ = block;
            capacity_ = other.size_;
        }
        std::copy(other.begin(), other.end(), data());
        size_ = other.size_;
    }

    void steal(SmallVector& other) noexcept {
        if (other.on_heap()) {
            heap_ = other.heap_;
            capacity_ = other.capacity_;
            other.capacity_ = N;
        } else {
            capacity_ = N;
            std::copy(other.begin(), other.end(), inline_);
        }
        size_ = std::exchange(other.size_, 0);
    }

    void release_block() {
        if (on_heap()) std::allocator<T>().deallocate(heap_, capacity_);
    }

    void release() {
        release_block();
        capacity_ = N;
        size_ = 0;
    }

    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = N;
    union {
        T inline_[N];
        T* heap_;
    };
};

}  // namespace oplocksim::engine
