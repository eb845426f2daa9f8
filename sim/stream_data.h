// The bytes of a stream: only what was really written is stored, everything else reads as zeros.
#pragma once

#include <string>
#include <string_view>

#include "sim/world.h"

namespace oplocksim::sim {

// The same for any sorted list of disjoint extents. What is erased is in none of them.
void store_bytes(std::vector<Extent>& extents, std::uint64_t offset, std::string_view bytes);
void erase_range(std::vector<Extent>& extents, std::uint64_t offset, std::uint64_t length);
[[nodiscard]] std::string load_bytes(const std::vector<Extent>& extents, std::uint64_t offset,
                                     std::uint64_t length);

// Stores bytes; extents that then touch become one, so equal contents written in any order of
// pieces look equal. Does not change the size.
void store_bytes(Stream& stream, std::uint64_t offset, std::string_view bytes);

// Forgets what is stored in a range: it reads as zeros.
void zero_range(Stream& stream, std::uint64_t offset, std::uint64_t length);

// Exactly `length` bytes, whatever the size of the stream is.
[[nodiscard]] std::string load_bytes(const Stream& stream, std::uint64_t offset,
                                     std::uint64_t length);

// How much of a range is stored, counted from its beginning: behind that are only zeros.
[[nodiscard]] std::uint64_t stored_length(const Stream& stream, std::uint64_t offset,
                                          std::uint64_t length);

// How many bytes are stored.
[[nodiscard]] std::uint64_t stored_bytes(const Stream& stream);

// Sets the size; a smaller one cuts stored bytes and the valid data length.
void set_size(Stream& stream, std::uint64_t size);

}  // namespace oplocksim::sim
