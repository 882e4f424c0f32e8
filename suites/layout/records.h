// One record in four layouts: the subjects of the family "layout". The members are the same, as a program
// would declare them without a thought; what differs is where they lie.
//
//   Ordinary     as declared: 48 bytes, 23 of them padding
//   Ordered      by falling alignment: 32 bytes, 7 of them padding (what allocators/layout.h proposes)
//   Packed       as declared, without padding: 25 bytes, members anywhere, records across cache lines
//   LineAligned  as declared, each on a cache line of its own: 64 bytes
#pragma once

#include <cstdint>

#include "allocators/layout.h"

namespace assay::suite::layout {

struct Ordinary {
  bool live;
  std::uint64_t key;
  std::uint16_t kind;
  std::uint32_t count;
  std::uint8_t level;
  double weight;
  bool dirty;
};

struct Ordered {
  std::uint64_t key;
  double weight;
  std::uint32_t count;
  std::uint16_t kind;
  bool live;
  std::uint8_t level;
  bool dirty;
};

struct [[gnu::packed]] Packed {
  bool live;
  std::uint64_t key;
  std::uint16_t kind;
  std::uint32_t count;
  std::uint8_t level;
  double weight;
  bool dirty;
};

struct alignas(kCacheLine) LineAligned {
  bool live;
  std::uint64_t key;
  std::uint16_t kind;
  std::uint32_t count;
  std::uint8_t level;
  double weight;
  bool dirty;
};

template <class R>
StructLayout describe_record() {
  return describe<&R::live, &R::key, &R::kind, &R::count, &R::level, &R::weight, &R::dirty>();
}

static_assert(sizeof(Ordinary) == 48 && sizeof(Ordered) == 32 && sizeof(Packed) == 25 &&
              sizeof(LineAligned) == 64);

}  // namespace assay::suite::layout
