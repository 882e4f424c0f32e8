// make_in: SP-21.
#pragma once

#include "suites/pointer/clauses/making.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// Gives out storage that is never given back: it has no deallocate.
struct Arena {
  static constexpr AllocatorTraits kTraits{.frees_individually = false, .thread_safe = false};
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    const std::size_t begin = (used + alignment - 1) / alignment * alignment;
    if (begin > sizeof bytes || size > sizeof bytes - begin) return nullptr;
    used = begin + size;
    return bytes + begin;
  }
  std::size_t used = 0;
  alignas(4096) unsigned char bytes[8192];
};
static_assert(Allocator<Arena>);

template <class P, class... Arguments>
void make_in_source(Upstream& upstream, Arguments... arguments) {
  using T = typename P::element_type;
  Source source(upstream);
  P::make(arguments...);  // so that records which a thread has once are there
  const std::size_t allocations = Heap::allocations(), before = upstream.live_blocks();
  {
    auto pointer = P::make_in(source, arguments...);
    require(upstream.live_blocks() > before, "make_in took nothing from the allocator");
    require(upstream.contains(pointer.get(), sizeof(T)),
            "make_in put the object outside the allocator's blocks");
    const std::size_t held = upstream.live_blocks();
    if constexpr (P::kTraits.shares) {
      auto copy = pointer;
      expect_owners(copy, 2, "after a copy of what make_in made");
      pointer.reset();
      require(upstream.live_blocks() == held, "make_in's storage changed with an owner left");
      pointer = std::move(copy);
    }
    auto moved = std::move(pointer);
    require(moved.get() != nullptr && upstream.live_blocks() == held, "a move changed make_in's storage");
  }
  require(upstream.live_blocks() == before, "after the last owner %zu blocks of the allocator are left",
          upstream.live_blocks() - before);
  require(Heap::allocations() == allocations, "an object of an allocator took storage from the heap");
}

template <class Of, std::size_t kSize, std::size_t kAlignment>
void make_block_in(Upstream& upstream) {
  make_in_source<Subject<Of, Block<kSize, kAlignment>>>(upstream, std::uint64_t{kSize});
}

template <class Of>
void check_make_in() {
  if constexpr (!kClaims<Of>.takes_allocator) {
    absent("claims no make_in");
  } else {
    using P = Subject<Of, Witness>;
    Upstream upstream;
    make_in_source<P>(upstream, 3L);
    make_block_in<Of, 1, 1>(upstream);
    make_block_in<Of, 7, 1>(upstream);
    make_block_in<Of, 8, 8>(upstream);
    make_block_in<Of, 24, 8>(upstream);
    make_block_in<Of, 100, 4>(upstream);
    make_block_in<Of, 48, 16>(upstream);
    make_block_in<Of, 64, 64>(upstream);
    make_block_in<Of, 8192, 4096>(upstream);
    make_block_in<Of, 100'000, 2>(upstream);
    expect_alive(0, "after make_in");

    // Objects of two allocators, and of none.
    Upstream second_upstream;
    Source source(upstream), second_source(second_upstream);
    {
      auto first = P::make_in(source, 1L);
      auto second = P::make_in(second_source, 2L);
      auto third = P::make(3L);
      const auto fourth = P::make_in(source, 4L);
      std::swap(first, second);
      expect_value(first, 2, "after a swap of owners with two allocators");
      expect_value(second, 1, "after a swap of owners with two allocators");
      require(second_upstream.live_blocks() == 1, "the second allocator gave %zu blocks",
              second_upstream.live_blocks());
      second.reset();
      first.reset();
      require(second_upstream.live_blocks() == 0, "the second allocator's block was not given back");
      third.reset();
      expect_alive(1, "with one owner of four left");
    }
    require(upstream.live_blocks() == 0, "%zu blocks of the first allocator are left",
            upstream.live_blocks());
    if constexpr (kClaims<Of>.thread_safe) {
      on_own_thread([&] {
        auto pointer = Subject<Of, long>::make_in(source, 5L);
        std::thread([taken = std::move(pointer)]() mutable { taken.reset(); }).join();
      });
      require(upstream.live_blocks() == 0, "a block that another thread let go of was not given back");
    }
    {
      static Arena arena;
      const auto pointer = P::make_in(arena, 6L);
      const auto* const address = reinterpret_cast<const unsigned char*>(pointer.get());
      require(address >= arena.bytes && address + sizeof(Witness) <= arena.bytes + arena.used,
              "make_in put the object outside an arena's storage");
      const auto page = Subject<Of, Block<64, 64>>::make_in(arena, std::uint64_t{1});
      expect_value(pointer, 6, "in an arena");
    }
    expect_alive(0, "after the last owner of an object in an arena");
    require_all_was_seen();
  }
}

template <class Of>
struct StorageClauses {
  Clause make_in{"SP-21", ClauseClass::kViolation, "[util.smartptr.shared.create]",
                 "make_in takes all storage from the allocator, and gives it back with the same size and "
                 "alignment",
                 &check_make_in<Of>};
};

}  // namespace assay::suite::pointer
