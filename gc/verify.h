// Looks at everything, and traps when something is wrong: an independent trace with a visited set of its own,
// through generated functions that the marker does not use, and the invariants of every block.
//
// Time and memory are linear in the heap. The world is stopped, or its mutators wait; a collection may be
// under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "allocators/check.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/member.h"
#include "gc/type.h"

namespace assay::gc {

template <class Heap>
class HeapVerifier {
 public:
  explicit HeapVerifier(Heap& heap) : heap_(heap), space_(heap.space()) {}

  // After a flush.
  void verify() {
    std::size_t first = SIZE_MAX, last = 0;
    for (std::size_t i = 0; i < space_.block_count(); ++i) {
      const BlockInfo& block = space_.at(i);
      check_block(block, i);
      const std::size_t index = Cage::index_of(space_.base(block));
      first = index < first ? index : first;
      last = index > last ? index : last;
    }
    if (first == SIZE_MAX) return check_roots_of_empty_heap();
    base_ = Cage::block(static_cast<std::uint32_t>(first));
    visited_.assign((last - first + 1) * kBlockBytes / kGranule, false);
    heap_.for_each_root([this](void* object) { visit(object, "a root"); });
    const EdgeVisitor visitor{this, [](void* self, Reference& reference, bool weak) {
                                static_cast<HeapVerifier*>(self)->edge(reference, weak);
                              }};
    while (!waiting_.empty()) {
      void* const object = waiting_.back();
      waiting_.pop_back();
      const TypeInfo& type = *Cage::info_of(object).type;
      if (type.edges != nullptr) type.edges(object, visitor);
    }
  }

 private:
  void check_block(const BlockInfo& block, std::size_t position) const {
    const char* const cells = space_.base(block);
    if (block.owner != &space_ || block.position != position)
      trap("BlockSpace I1", "the block at %p is number %u of another space", static_cast<const void*>(cells),
           block.position);
    if (&Cage::type_of(cells) != block.type || ((Cage::type_word(cells) & 1) != 0) != block.type->leaf)
      trap("BlockSpace I1", "the type of the block at %p is not that in the table",
           static_cast<const void*>(cells));
    const bool large = block.state == BlockState::kLarge;
    if (block.listed && (large || block.in_cursor))
      trap("BlockSpace I5", "the block at %p is listed and not to be had", static_cast<const void*>(cells));
    if (!large && block.state != BlockState::kCells)
      trap("BlockSpace I1", "the block at %p is free", static_cast<const void*>(cells));
    const std::uint64_t *const live = Cage::live.word(cells), *const mark = Cage::mark.word(cells);
    for (std::size_t word = 0; word < words_of(block); ++word) {
      const std::uint64_t starts = large ? 1 : space_.starts(block)[word];
      if ((live[word] & ~starts) != 0)
        trap("BlockSpace I2", "an object in the block at %p begins within a cell",
             static_cast<const void*>(cells));
      if ((mark[word] & ~live[word]) != 0)
        trap("BlockSpace I4", "a cell in the block at %p is marked and holds no object",
             static_cast<const void*>(cells));
      if (block.type->finalize == nullptr) continue;
      const std::uint64_t pending = Cage::pending.word(cells)[word];
      if ((pending & ~Cage::finalized.word(cells)[word]) != 0 || (pending & ~live[word]) != 0)
        trap("BlockSpace I3", "a finalizer waits for what is no object, in the block at %p",
             static_cast<const void*>(cells));
    }
  }

  void check_roots_of_empty_heap() {
    heap_.for_each_root([](void* object) {
      if (object != nullptr) trap("Heap I1", "a root refers to %p, and there is no object", object);
    });
  }

  void visit(void* object, const char* from) {
    if (object == nullptr) return;
    if (!space_.is_object(object))
      trap("Heap I1", "%s refers to %p, which is no object of this heap", from, object);
    const std::size_t at = (static_cast<std::size_t>(static_cast<char*>(object) - base_)) / kGranule;
    if (visited_[at]) return;
    if constexpr (requires { Heap::Policy::check_reachable(heap_, object); })
      Heap::Policy::check_reachable(heap_, object);
    visited_[at] = true;
    waiting_.push_back(object);
  }
  void edge(const Reference& reference, bool weak) {
    if (!weak) return visit(reference.load(), "a reachable object");
    void* const object = reference.load();
    if (object != nullptr && !space_.is_object(object))
      trap("Heap I1", "a weak reference is to %p, which is no object of this heap", object);
  }

  Heap& heap_;
  const BlockSpace& space_;
  char* base_ = nullptr;
  std::vector<bool> visited_;
  std::vector<void*> waiting_;
};

}  // namespace assay::gc
