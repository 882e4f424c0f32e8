// DropStack: objects that own each other in a long chain or a deep tree are destroyed on little stack.
//
// Idea. An owner's drop destroys an object, whose members drop theirs, and so on: a list of a million nodes
// would need a million frames. Here drops nest as usual until they have used kDirectBytes of stack. The drop
// that goes beyond becomes the *drain*: it destroys its object; what is dropped meanwhile is put on a stack
// of the thread instead, and the drain destroys that, one after another, when the destructor has returned.
//
//   stack of the thread                       pending
//   │ first drop   ← base                     │ object, how │ 16 of them in thread-local storage,
//   │  nested drop                            │ object, how │ then in chunks from malloc
//   │   …  < kDirectBytes
//   │    drain: destroy; while pending: pop, destroy
//   │     nested drop: push
//
// Invariants
//   I1  base is the frame of the outermost drop of this thread, 0 outside of drops
//   I2  nothing is pending unless there is a drain, and nothing is when it ends: everything is destroyed
//       on the thread that dropped it, before the outermost drop returns
//   I3  a pending object has no owner: no upgrade finds it, nobody but the drain refers to it
//
// Costs. A drop outside of others: a load, a test and two stores in thread-local storage; a nested one: a
// load and a comparison. Only for types with a destructor, as others own nothing. Distance on the stack
// instead of a number of levels, as destructors between two drops may have large frames; a drop on another
// stack (that of a fibre) is at a great distance and becomes the drain. Pending objects of a list: one. Of a
// tree, as the last pushed is destroyed first: at most its depth times one less than its fan-out. Only trees
// in which each node has its deepest branch pushed last pend more: the other branches of all nodes on the
// way, for 24 bytes each.
//
// Order of destruction. Within kDirectBytes as without a DropStack. Beyond, an object is destroyed after the
// destructor that dropped it has ended instead of within it, and of several the one dropped last comes first;
// so what an object needs, an allocator for one, must outlive the outermost drop.
//
// What it does not do. When malloc refuses a chunk, a drop nests after all. Destructors that need more stack
// than there is for other reasons than drops are not helped.
// Source: the trash-can of CPython's object.c defers deep deallocations by a count of levels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace assay {

class [[gnu::visibility("default")]] DropStack {
 public:
  using Drop = void (*)(void* object) noexcept;
  using DropIn = void (*)(void* object, void* context) noexcept;

  static constexpr std::size_t kDirectBytes = 8192;

  // Calls kDrop(object), now or before the outermost drop returns.
  template <Drop kDrop>
  [[gnu::always_inline]] static void drop(void* object) noexcept {
    drop<&ignore_context<kDrop>>(object, nullptr);
  }

  // Calls kDrop(object, context).
  template <DropIn kDrop>
  [[gnu::always_inline]] static void drop(void* object, void* context) noexcept {
    const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const bool outermost = base_ == 0;
    if (outermost) {
      base_ = frame;
    } else if (base_ - frame >= kDirectBytes) [[unlikely]] {
      drop_deep(object, context, kDrop);
      return;
    }
    kDrop(object, context);
    if (outermost) base_ = 0;
  }

 private:
  struct Pending {
    void* object;
    void* context;
    DropIn drop;
  };

  static constexpr std::size_t kFirst = 16;  // pending objects that need no malloc
  static constexpr std::size_t kInChunk = 170;

  template <Drop kDrop>
  static void ignore_context(void* object, void*) noexcept {
    kDrop(object);
  }

  struct Chunk {
    Chunk* older;
    Pending pending[kInChunk];
  };

  [[gnu::noinline]] static void drop_deep(void* object, void* context, DropIn drop) noexcept {
    if (draining_) {
      if (!push({object, context, drop})) drop(object, context);
      return;
    }
    draining_ = true;
    drop(object, context);
    while (used_ != 0) {
      const Pending next = pop();
      next.drop(next.object, next.context);
    }
    draining_ = false;
    std::free(spare_);
    spare_ = nullptr;
  }

  static bool push(Pending pending) noexcept {
    if (newest_ == nullptr ? used_ == kFirst : used_ == kInChunk) {
      auto* const chunk = static_cast<Chunk*>(spare_ != nullptr ? spare_ : std::malloc(sizeof(Chunk)));
      if (chunk == nullptr) return false;
      spare_ = nullptr;
      chunk->older = newest_;
      newest_ = chunk;
      used_ = 0;
    }
    (newest_ == nullptr ? first_ : newest_->pending)[used_++] = pending;
    return true;
  }

  // Keeps one chunk that became empty, for lists of chunks whose length goes up and down by one.
  static Pending pop() noexcept {
    if (newest_ == nullptr) return first_[--used_];
    const Pending last = newest_->pending[--used_];
    if (used_ == 0) {
      std::free(spare_);
      spare_ = newest_;
      newest_ = newest_->older;
      used_ = newest_ == nullptr ? kFirst : kInChunk;
    }
    return last;
  }

  static inline constinit thread_local std::uintptr_t base_ = 0;
  static inline constinit thread_local bool draining_ = false;
  static inline constinit thread_local std::size_t used_ = 0;  // of the newest chunk, or of first_
  static inline constinit thread_local Chunk* newest_ = nullptr;
  static inline constinit thread_local Chunk* spare_ = nullptr;
  static inline constinit thread_local Pending first_[kFirst] = {};
};

}  // namespace assay
