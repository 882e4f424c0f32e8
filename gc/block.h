// What a heap knows about a block, in a table beside the blocks (gc/cage.h).
//
// A block holds cells of one type and one size ("big bag of pages": Steele, "Data Representations in PDP-10
// MacLISP", 1977), so that the type of an object is found from its address and no object has a header. An
// object that is larger than half a block has a run of blocks of its own; only the first has an info then.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::gc {

struct TypeInfo;

enum class BlockState : std::uint8_t {
  kNone,   // of no heap
  kFree,   // kept by a heap for its next block
  kCells,  // of many cells
  kLarge,  // of one object
};

struct alignas(64) BlockInfo {
  const void* owner;  // the space; whoever has another one must not look further
  const TypeInfo* type;
  std::size_t cell_bytes;  // of a cell; kLarge: of the object
  std::uint32_t cells;     // that fit
  std::uint32_t blocks;    // in the run: 1, but for kLarge and kFree
  std::uint32_t cell_class;
  std::uint32_t next;        // in the list that the block is in, or Cage::kNone
  std::uint32_t previous;    // in its list of partial blocks
  std::uint32_t position;    // in the space's table of blocks
  std::uint32_t live_cells;  // after the last sweep
  BlockState state;
  bool fresh;              // the memory is as the system gave it: zeros
  bool in_cursor;          // a mutator allocates in it
  bool listed;             // in the list of partial blocks of its class
  std::uint8_t policy[8];  // what a composition needs to know; zeros in a new block
};
static_assert(sizeof(BlockInfo) == 64);

}  // namespace assay::gc
