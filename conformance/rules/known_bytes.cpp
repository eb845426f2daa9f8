#include "conformance/rules/known_bytes.h"

#include <algorithm>

namespace oplocksim::conformance {

ByteRange range_of(std::uint64_t offset, std::uint64_t length) {
    return {offset, length > kEndOfEverything - offset ? kEndOfEverything : offset + length};
}

void KnownBytes::clear(std::uint64_t size) {
    size_ = size;
    pieces_.clear();
    pieces_.push_back({0, kEndOfEverything, {}});
}

void KnownBytes::forget_everything() {
    size_.reset();
    pieces_.clear();
}

void KnownBytes::forget(const ByteRange& range) {
    if (range.begin >= range.end) return;
    auto piece = std::ranges::find_if(
        pieces_, [&](const Piece& one) { return one.end > range.begin; });
    while (piece != pieces_.end() && piece->begin < range.end) {
        Piece tail{range.end, piece->end, {}};
        if (tail.begin < tail.end && !piece->bytes.empty()) {
            tail.bytes = piece->bytes.substr(range.end - piece->begin);
        }
        if (piece->begin < range.begin) {
            piece->end = range.begin;
            if (!piece->bytes.empty()) piece->bytes.resize(range.begin - piece->begin);
            ++piece;
        } else {
            piece = pieces_.erase(piece);
        }
        if (tail.begin >= tail.end) continue;
        pieces_.insert(piece, std::move(tail));
        return;
    }
}

void KnownBytes::forget_zeros(const ByteRange& range) {
    for (std::size_t i = pieces_.size(); i-- != 0;) {
        const Piece& piece = pieces_[i];
        if (!piece.bytes.empty()) continue;
        forget({std::max(range.begin, piece.begin), std::min(range.end, piece.end)});
    }
}

void KnownBytes::set_zeros(const ByteRange& range) {
    forget(range);
    insert({range.begin, range.end, {}});
}

void KnownBytes::set_bytes(const ByteRange& range, std::string_view bytes) {
    forget(range);
    const std::uint64_t length = std::min<std::uint64_t>(bytes.size(), range.end - range.begin);
    const std::uint64_t middle = range.begin + length;
    if (length != 0 && text_size() + length <= kMaxKnownBytes) {
        insert({range.begin, middle, std::string(bytes.substr(0, length))});
    }
    insert({middle, range.end, {}});
}

// Pieces of one kind that touch become one, so that what was written bit by bit looks alike.
void KnownBytes::insert(Piece piece) {
    if (piece.begin >= piece.end || pieces_.size() >= kMaxKnownPieces) return;
    auto next = std::ranges::find_if(
        pieces_, [&](const Piece& one) { return one.begin >= piece.end; });
    const auto joins = [](const Piece& before, const Piece& after) {
        return before.end == after.begin && before.bytes.empty() == after.bytes.empty();
    };
    if (next != pieces_.end() && joins(piece, *next)) {
        piece.end = next->end;
        piece.bytes += next->bytes;
        next = pieces_.erase(next);
    }
    if (next != pieces_.begin() && joins(*std::prev(next), piece)) {
        std::prev(next)->end = piece.end;
        std::prev(next)->bytes += piece.bytes;
        return;
    }
    pieces_.insert(next, std::move(piece));
}

std::size_t KnownBytes::text_size() const {
    std::size_t total = 0;
    for (const Piece& piece : pieces_) total += piece.bytes.size();
    return total;
}

KnownBytes::Comparison KnownBytes::compare(const ByteRange& range, std::string_view bytes) const {
    Comparison result;
    for (const Piece& piece : pieces_) {
        const std::uint64_t begin = std::max(range.begin, piece.begin);
        const std::uint64_t end = std::min(range.end, piece.end);
        if (begin >= end) continue;
        result.known += end - begin;
        // Behind what is told there are zeros, and so there are in a piece of zeros.
        const std::uint64_t told = range.begin + bytes.size();
        const std::uint64_t last = piece.bytes.empty() ? std::min(end, told) : end;
        for (std::uint64_t at = begin; at < last; ++at) {
            const char found = at < told ? bytes[at - range.begin] : '\0';
            const char expected = piece.bytes.empty() ? '\0' : piece.bytes[at - piece.begin];
            if (found == expected) continue;
            result.difference = at;
            result.expected = static_cast<unsigned char>(expected);
            return result;
        }
    }
    return result;
}

void KnownBytes::add_to(sim::FingerprintMixer& mixer) const {
    mixer.add(pieces_.size() * 2 + (size_ ? 1 : 0));
    if (size_) mixer.add(*size_);
    for (const auto& [begin, end, bytes] : pieces_) {
        mixer.add(begin);
        mixer.add(end);
        mixer.add_bytes(bytes);
    }
}

}  // namespace oplocksim::conformance
