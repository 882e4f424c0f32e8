// bdwgc and the stacks of threads: which it scans, and how a collection leaves out the caller's. All users of
// the library include it through this header, with the same macros.
#pragma once

// Threads are registered by their Mutators; pthread_create stays what it was.
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_mark.h>
#include <gc/javaxfc.h>

#include <new>

namespace assay::peer {

// True if it was not registered before.
inline bool bdwgc_register_thread() {
  if (GC_thread_is_registered()) return false;
  GC_stack_base stack;
  if (GC_get_stack_base(&stack) != GC_SUCCESS || GC_register_my_thread(&stack) != GC_SUCCESS)
    throw std::bad_alloc();
  return true;
}

// For as long as a thread needs the library that may have no Mutator.
class BdwgcRegistered {
 public:
  BdwgcRegistered() : registered_(bdwgc_register_thread()) {}
  BdwgcRegistered(const BdwgcRegistered&) = delete;
  BdwgcRegistered& operator=(const BdwgcRegistered&) = delete;
  ~BdwgcRegistered() {
    if (registered_) GC_unregister_my_thread();
  }

 private:
  const bool registered_;
};

inline void bdwgc_end_stack(const GC_stack_base& end) {
  GC_alloc_lock();
  GC_set_stackbottom(nullptr, &end);
  GC_alloc_unlock();
}

// Where others ran, and where the frames to come have holes.
[[gnu::noinline]] inline void bdwgc_clear_dead_frames() {
  void* volatile words[1024];
  for (void* volatile& word : words) word = nullptr;
}

[[gnu::noinline]] inline void bdwgc_collect_below() {
  GC_stack_base whole, here;
  GC_get_my_stackbottom(&whole);
  here.mem_base = __builtin_frame_address(0);
  bdwgc_end_stack(here);
  GC_gcollect_and_unmap();
  bdwgc_end_stack(whole);
}

// As if this thread's stack ended here. What the caller has in registers is saved above, and not found in
// them. Some words of the library's own frames remain, that lead to the starts of blocks.
[[gnu::noinline]] inline void bdwgc_collect_without_stack() {
  bdwgc_clear_dead_frames();
#ifdef __x86_64__
  asm volatile(
      "xor %%ebx, %%ebx\n\txor %%r12d, %%r12d\n\txor %%r13d, %%r13d\n\t"
      "xor %%r14d, %%r14d\n\txor %%r15d, %%r15d" ::
          : "rbx", "r12", "r13", "r14", "r15", "cc");
#endif
  bdwgc_collect_below();
  asm volatile("");  // no tail call
}

}  // namespace assay::peer
