// How the arenas' chunks grow: sizes near powers of two, and huge pages for the large ones.
//
// A new arena costs page faults: one per 256 objects of 16 bytes, several times what filling them costs. So
// chunks from 2 MiB on are asked for on a boundary of 2 MiB, and the kernel is advised to map them in pages
// of that size: a 512th of the faults. It may ignore that, and does where transparent huge pages are off.
// Sizes grow fourfold, from 8 KiB: n bytes take O(log n) chunks, few of them small. What is reserved but not
// filled is address space; of memory at most one huge page. (Twofold growth measured 15 to 20 % slower on a
// million objects in a new arena: more chunks, and the heap's records between them on huge pages of their
// own. Chunks advised, but not aligned: 40 % slower.) A bounded upstream may have room for a chunk and none
// for the way to that boundary: then the chunk comes without it, and its header says so for the way back.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay {

inline constexpr std::size_t kFirstChunk = 8192;  // bytes, upstream's own records included
inline constexpr std::size_t kUpstreamRecord =
    32;  // a guess at these: what a size stays below a power of two
inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// The size of the chunk after one of `last` bytes (0: the first), before what is asked of it is considered.
constexpr std::size_t next_chunk_size(std::size_t last) {
  if (last == 0) return kFirstChunk - kUpstreamRecord;
  if (last > PTRDIFF_MAX / 8) return last;
  return 4 * std::bit_ceil(last) - kUpstreamRecord;
}

// Of a chunk that needs `alignment` itself: what to ask for first.
constexpr std::size_t chunk_alignment(std::size_t size, std::size_t alignment) {
  return size < kHugePage - kUpstreamRecord ? alignment : std::max(alignment, kHugePage);
}

inline void advise_huge_pages(void* chunk, std::size_t size, std::size_t alignment) {
#ifdef MADV_HUGEPAGE
  if (alignment >= kHugePage && size >= kHugePage - kUpstreamRecord) madvise(chunk, size, MADV_HUGEPAGE);
#endif
}

}  // namespace assay
