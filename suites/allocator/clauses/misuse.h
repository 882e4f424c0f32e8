// What a checked build finds: addresses that are not its blocks, and blocks that come back twice.
#pragma once

#include <cstddef>

#include "suites/allocator/subject.h"
#include "suites/core/trap.h"

namespace assay::suite::allocator {

template <Allocator A>
void check_foreign_addresses() {
  if constexpr (!A::kTraits.traps_misuse || !A::kTraits.frees_individually) {
    absent("claims no detection of misuse");
  } else {
    alignas(64) static char foreign[512];
    Watched<A> subject, other;
    const Block block = subject.allocate(48, 16);
    const Block alien = other.allocate(48, 16);
    if (!block || !alien) skipped("serves no block of 48 bytes");
    subject.allocate(48, 16);
    const auto deallocate = [&](void* address, std::size_t size) {
      subject.allocator.deallocate(address, size, 16);
    };
    require_trap("deallocate of an address that no allocator gave", [&] { deallocate(foreign + 256, 48); });
    require_trap("deallocate of another allocator's block", [&] { deallocate(alien.address, 48); });
    require_trap("deallocate of an address inside a block",
                 [&] { deallocate(static_cast<char*>(block.address) + 16, 48); });
    require_trap("deallocate of an odd address inside a block",
                 [&] { deallocate(static_cast<char*>(block.address) + 1, 48); });
    require_trap("deallocate with another size than the block's",
                 [&] { deallocate(block.address, 100'000); });
    if constexpr (A::kTraits.allocates_runs) {
      const auto deallocate_run = [&](void* address) { subject.allocator.deallocate_run(address, 2); };
      const auto inside = [](void* run, std::ptrdiff_t distance) {
        return static_cast<void*>(static_cast<char*>(run) + distance);
      };
      void* const run = subject.allocator.allocate_run(2);
      void* const alien_run = other.allocator.allocate_run(2);
      require_trap("deallocate_run of an address that no allocator gave",
                   [&] { deallocate_run(foreign + 256); });
      if (alien_run != nullptr)
        require_trap("deallocate_run of another allocator's run", [&] { deallocate_run(alien_run); });
      if (run != nullptr) {
        require_trap("deallocate_run of an address inside a block", [&] { deallocate_run(inside(run, 16)); });
        require_trap("deallocate_run of an odd address inside a block",
                     [&] { deallocate_run(inside(run, 1)); });
      }
    }
    subject.check(block);
    subject.release(block);
  }
}

template <Allocator A>
void check_double_release() {
  if constexpr (!A::kTraits.traps_misuse || !A::kTraits.frees_individually) {
    absent("claims no detection of misuse");
  } else {
    Watched<A> subject;
    const Block first = subject.allocate(48, 16), second = subject.allocate(48, 16);
    if (!first || !second) skipped("serves no block of 48 bytes");
    const auto deallocate = [&](const Block& block) {
      subject.allocator.deallocate(block.address, block.size, block.alignment);
    };
    require_trap("deallocate of a block, twice", [&] {
      deallocate(first);
      deallocate(first);
    });
    require_trap("deallocate of a block, twice with another one between", [&] {
      deallocate(first);
      deallocate(second);
      deallocate(first);
    });
    require_trap("deallocate of a block, twice with many operations between", [&] {
      deallocate(first);
      Block others[20];
      for (Block& block : others) block = {subject.allocator.allocate(48, 16), 48, 16};
      for (const Block& block : others)
        if (block.address == first.address) deallocate(block);  // so that it is free again
      deallocate(first);
    });
    if constexpr (A::kTraits.allocates_runs) {
      void* const run = subject.allocator.allocate_run(3);
      if (run == nullptr) return;
      require_trap("deallocate_run of a run, twice", [&] {
        subject.allocator.deallocate_run(run, 3);
        subject.allocator.deallocate_run(run, 3);
      });
      require_trap("deallocate of a block of a run that was given back", [&] {
        subject.allocator.deallocate_run(run, 3);
        subject.allocator.deallocate(run, 48, 16);
      });
      require_trap("deallocate_run of a block that was given back", [&] {
        deallocate(first);
        subject.allocator.deallocate_run(first.address, 1);
      });
    }
  }
}

}  // namespace assay::suite::allocator
