#include "sim/stream_data.h"

#include <algorithm>

namespace oplocksim::sim {
namespace {

std::uint64_t end_of(const Extent& extent) { return extent.offset + extent.bytes.size(); }

// The first extent that ends after `offset`.
std::vector<Extent>::iterator first_after(std::vector<Extent>& extents, std::uint64_t offset) {
    return std::find_if(extents.begin(), extents.end(),
                        [&](const Extent& extent) { return end_of(extent) > offset; });
}

}  // namespace

void erase_range(std::vector<Extent>& extents, std::uint64_t offset, std::uint64_t length) {
    if (extents.empty() || length == 0) return;
    const std::uint64_t end = offset + length;
    auto extent = first_after(extents, offset);
    while (extent != extents.end() && extent->offset < end) {
        Extent tail;
        if (end_of(*extent) > end) {
            tail = Extent{end, extent->bytes.substr(end - extent->offset)};
        }
        if (extent->offset < offset) {
            extent->bytes.resize(offset - extent->offset);
            ++extent;
        } else {
            extent = extents.erase(extent);
        }
        if (!tail.bytes.empty()) {
            extents.insert(extent, std::move(tail));
            return;
        }
    }
}

void store_bytes(std::vector<Extent>& extents, std::uint64_t offset, std::string_view bytes) {
    if (bytes.empty()) return;
    erase_range(extents, offset, bytes.size());
    auto next = first_after(extents, offset);
    if (next != extents.begin() && end_of(*std::prev(next)) == offset) {
        auto before = std::prev(next);
        before->bytes.append(bytes);
        if (next != extents.end() && next->offset == end_of(*before)) {
            before->bytes.append(next->bytes);
            extents.erase(next);
        }
    } else if (next != extents.end() && next->offset == offset + bytes.size()) {
        next->bytes.insert(0, bytes);
        next->offset = offset;
    } else {
        extents.insert(next, Extent{offset, std::string(bytes)});
    }
}

void zero_range(Stream& stream, std::uint64_t offset, std::uint64_t length) {
    erase_range(stream.extents, offset, length);
}

void store_bytes(Stream& stream, std::uint64_t offset, std::string_view bytes) {
    store_bytes(stream.extents, offset, bytes);
}

std::string load_bytes(const Stream& stream, std::uint64_t offset, std::uint64_t length) {
    return load_bytes(stream.extents, offset, length);
}

std::string load_bytes(const std::vector<Extent>& extents, std::uint64_t offset,
                       std::uint64_t length) {
    std::string bytes(length, '\0');
    for (const Extent& extent : extents) {
        const std::uint64_t begin = std::max(offset, extent.offset);
        const std::uint64_t end = std::min(offset + length, end_of(extent));
        if (begin >= end) continue;
        std::copy_n(extent.bytes.begin() + static_cast<std::ptrdiff_t>(begin - extent.offset),
                    end - begin, bytes.begin() + static_cast<std::ptrdiff_t>(begin - offset));
    }
    return bytes;
}

std::uint64_t stored_length(const Stream& stream, std::uint64_t offset, std::uint64_t length) {
    for (auto extent = stream.extents.rbegin(); extent != stream.extents.rend(); ++extent) {
        if (extent->offset >= offset + length) continue;
        const std::uint64_t end = std::min(offset + length, end_of(*extent));
        return end > offset ? end - offset : 0;
    }
    return 0;
}

std::uint64_t stored_bytes(const Stream& stream) {
    std::uint64_t total = 0;
    for (const Extent& extent : stream.extents) total += extent.bytes.size();
    return total;
}

void set_size(Stream& stream, std::uint64_t size) {
    if (size < stream.size) zero_range(stream, size, stream.size - size);
    stream.size = size;
    stream.valid_data_length = std::min(stream.valid_data_length, size);
}

}  // namespace oplocksim::sim
