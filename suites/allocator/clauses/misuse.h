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
  }
}

}  // namespace assay::suite::allocator
