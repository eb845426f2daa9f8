// What a run has shown of the bytes of one stream: its size, and what each byte is.
//
// Every byte is known, or it is not. Bytes behind the end of the file are zeros: that is what a
// stream reads as when it grows. So a stream of which everything is known is one piece of zeros
// without an end, and what was written.
//
// A regular value. Invariants:
//   K1  pieces are in order, not empty, and do not overlap;
//   K2  a piece of bytes is as long as its text; a piece without a text is zeros;
//   K3  at most kMaxKnownBytes are kept as text. What would go beyond is not known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fingerprint.h"


namespace oplocksim::conformance {

// Of one stream. A run that is about coherence writes some bytes; whoever copies a disk does not
// need it judged byte for byte.
inline constexpr std::size_t kMaxKnownBytes = 1u << 18;
// And in so many pieces at most.
inline constexpr std::size_t kMaxKnownPieces = 4096;
inline constexpr std::uint64_t kEndOfEverything = ~std::uint64_t{0};

struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    [[nodiscard]] bool overlaps(const ByteRange& other) const {
        return begin < other.end && other.begin < end;
    }
    bool operator==(const ByteRange&) const = default;
};
// Of `length` bytes at `offset`, or as many as there can be.
[[nodiscard]] ByteRange range_of(std::uint64_t offset, std::uint64_t length);

class KnownBytes {
 public:
    // How many bytes the file has, if that is known.
    [[nodiscard]] const std::optional<std::uint64_t>& size() const { return size_; }
    // Does not touch the bytes.
    void set_size(std::optional<std::uint64_t> size) { size_ = size; }

    // Nothing but zeros.
    void clear(std::uint64_t size);
    void forget_everything();
    void forget(const ByteRange& range);
    void set_zeros(const ByteRange& range);
    // `bytes`, and zeros up to the end of the range.
    void set_bytes(const ByteRange& range, std::string_view bytes);
    // What is known to be zeros is not known any more; what was written stays.
    void forget_zeros(const ByteRange& range);

    // Compares with `bytes` (and zeros up to the end of the range).
    struct Comparison {
        std::uint64_t known = 0;                   // how many bytes of the range are
        std::optional<std::uint64_t> difference;   // the first known byte that is another
        unsigned char expected = 0;                // which should be this
    };
    [[nodiscard]] Comparison compare(const ByteRange& range, std::string_view bytes) const;

    // Adds all of it.
    void add_to(sim::FingerprintMixer& mixer) const;
    bool operator==(const KnownBytes&) const = default;

 private:
    struct Piece {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        std::string bytes;                         // empty: zeros
        bool operator==(const Piece&) const = default;
    };
    [[nodiscard]] std::size_t text_size() const;
    void insert(Piece piece);

    std::optional<std::uint64_t> size_;
    std::vector<Piece> pieces_;
};

}  // namespace oplocksim::conformance
