// The bits of the cage that only generations need: who is old, and how old the young are. Tables beside the
// blocks like those of gc/cage.h, one for the process; memory is taken only where they are touched.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "gc/cage.h"

namespace assay::gc {

class AgeTables {
 public:
  static inline constinit SideBits old{}, age_low{}, age_high{};
  static constexpr unsigned kMostAge = 3;  // what two bits count

  // A block's words in all tables that tell of generations.
  struct Words {
    explicit Words(const char* block) noexcept
        : live(Cage::live.word(block)),
          mark(Cage::mark.word(block)),
          old(AgeTables::old.word(block)),
          age_low(AgeTables::age_low.word(block)),
          age_high(AgeTables::age_high.word(block)) {}
    std::uint64_t *live, *mark, *old, *age_low, *age_high;
  };

  // Reserves, the first time. Throws std::bad_alloc.
  static void open() {
    static const bool done = reserve();
    static_cast<void>(done);
  }
  static unsigned age(const void* object) noexcept {
    return (age_low.test(object) ? 1u : 0u) | (age_high.test(object) ? 2u : 0u);
  }
  static void clear(const void* cell) noexcept {
    for (const SideBits* table : {&old, &age_low, &age_high}) table->clear(cell);
  }
  static void clear(const char* block, std::size_t words) noexcept {
    for (const SideBits* table : {&old, &age_low, &age_high}) std::fill_n(table->word(block), words, 0);
  }

 private:
  static bool reserve() {
    Cage::open();
    const std::size_t bits = Cage::block_count() * kWordsPerBlock * 8;
    void* const at =
        mmap(nullptr, 3 * bits, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    auto next = reinterpret_cast<std::uintptr_t>(at);
    for (SideBits* table : {&old, &age_low, &age_high}) {
      table->attach(reinterpret_cast<void*>(next), reinterpret_cast<std::uintptr_t>(Cage::block(0)));
      next += bits;
    }
    return true;
  }
};

}  // namespace assay::gc
