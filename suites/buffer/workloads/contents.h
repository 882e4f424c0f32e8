// What the workloads of this family read and write, and what they share with those for buffers in other
// languages: every subject gets the same bytes in parts of the same lengths.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "suites/core/random.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"

namespace assay::suite::buffer {

using View = std::span<const std::byte>;

// The compiler must have written everything, and may keep nothing that it read: between a handle and its end
// this keeps the count's change in the program.
inline void escape(const void* address) { asm volatile("" : : "r"(address) : "memory"); }

// What a workload reads of a handle that is not empty.
template <class H>
std::uint64_t look(const H& handle) {
  return handle.size() + static_cast<std::uint64_t>(*handle.data());
}

inline std::span<std::byte> random_bytes(std::size_t size, std::uint64_t stream) {
  auto* bytes = harness_array<std::byte>(size);
  Random random(stream);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(random.next());
  return {bytes, size};
}

// At least one, however short the passes are to be.
inline std::size_t rounds_of(const Settings& settings, std::size_t rounds) {
  return std::max<std::size_t>(1, settings.repeated(rounds));
}

// Uniform in [least, most], none of them 0.
struct Lengths {
  Lengths(std::size_t number, std::size_t least, std::size_t most, std::uint64_t stream)
      : count(number), lengths(harness_array<std::uint32_t>(number)) {
    Random random(stream);
    for (std::size_t i = 0; i < count; ++i)
      sum += lengths[i] = static_cast<std::uint32_t>(random.between(least, most));
  }

  std::size_t count, sum = 0;
  std::uint32_t* lengths;
};

// A workload in a process that has a second thread, which sleeps: counts that many threads may change need
// locked instructions from then on, wherever the C library says how many threads there are.
template <class W>
class BesideThread final : public W {
 public:
  using W::W;

 private:
  Team<2> team_;
};

}  // namespace assay::suite::buffer
