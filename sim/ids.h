// Identities in the simulated world: an index with a generation, never an address.
//
// The index is the slot in its table; the generation tells a re-used slot from the object that
// was there before. Zero is "none". 24 bits of index: at most kMaxObjects objects of a kind.
#pragma once

#include <cstdint>

namespace oplocksim::sim {

inline constexpr std::uint32_t kMaxObjects = (1u << 24) - 2;

template <typename Tag>
struct Id {
    std::uint32_t value = 0;

    [[nodiscard]] static constexpr Id make(std::uint32_t index, std::uint8_t generation) {
        return Id{((index + 1) & 0x00FFFFFFu) | (static_cast<std::uint32_t>(generation) << 24)};
    }
    [[nodiscard]] constexpr std::uint32_t index() const { return (value & 0x00FFFFFFu) - 1; }
    [[nodiscard]] constexpr std::uint8_t generation() const {
        return static_cast<std::uint8_t>(value >> 24);
    }
    [[nodiscard]] explicit constexpr operator bool() const { return value != 0; }
    auto operator<=>(const Id&) const = default;
};

using ProcessId = Id<struct ProcessTag>;
using ThreadId = Id<struct ThreadTag>;
using HandleId = Id<struct HandleTag>;
using FileObjectId = Id<struct FileObjectTag>;
using FileId = Id<struct FileTag>;
using LinkId = Id<struct LinkTag>;
using StreamId = Id<struct StreamTag>;
using SectionId = Id<struct SectionTag>;
using IrpId = Id<struct IrpTag>;

}  // namespace oplocksim::sim
