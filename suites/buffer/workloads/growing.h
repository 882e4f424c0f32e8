// Pieces of 1 to 64 bytes are appended to a buffer that begins with no room, until it has 64 KB, or 6 MB;
// then it is dropped. One operation is one piece.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/buffer/workloads/contents.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

inline constexpr Description kGrowSmall{.name = "buffer_grow_64k",
                                        .family = "buffer",
                                        .sentence = "pieces of 1 to 64 bytes are appended up to 64 KB",
                                        .passes = 5,
                                        .any_length = true};
inline constexpr Description kGrowLarge{.name = "buffer_grow_6m",
                                        .family = "buffer",
                                        .sentence = "pieces of 1 to 64 bytes are appended up to 6 MB",
                                        .passes = 5};

constexpr std::size_t kMostOfPiece = 64;
constexpr std::size_t kSmallBuffer = 64 * 1024;
constexpr std::size_t kSmallRounds = 100;
constexpr std::size_t kLargeBuffer = 6 * 1024 * 1024;
constexpr std::size_t kLargeRounds = 1;

// As many pieces as it takes, in an array as long: no position wraps in the loop that is measured.
struct Pieces : Lengths {
  Pieces(std::size_t size, std::uint64_t stream)
      : Lengths(2 * size / kMostOfPiece, 1, kMostOfPiece, stream),
        contents(random_bytes(kMostOfPiece, stream)) {}
  View contents;
};

template <class M>
[[gnu::noinline]] std::uint64_t grow(const std::byte* contents, const std::uint32_t* lengths,
                                     std::size_t count) {
  M buffer;
  for (std::size_t i = 0; i < count; ++i) buffer.append({contents, lengths[i]});
  escape(buffer.data());
  return buffer.size() + static_cast<std::uint64_t>(buffer.data()[buffer.size() - 1]);
}

template <class B, std::size_t kSize, std::size_t kRounds>
class Grow final : public Workload {
 public:
  explicit Grow(const Settings& settings)
      : pieces_(settings.scaled(kSize), settings.seed), rounds_(rounds_of(settings, kRounds)) {
    operations = rounds_ * pieces_.count;
    peak_live = pieces_.sum;
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < rounds_; ++round)
      sum += grow<typename B::Mutable>(pieces_.contents.data(), pieces_.lengths, pieces_.count);
    return fold(0, sum);
  }

 private:
  const Pieces pieces_;
  const std::size_t rounds_;
};

template <class B>
void add_growing_workloads() {
  static const WorkloadEntry small(made_by(kGrowSmall, make_workload<Grow<B, kSmallBuffer, kSmallRounds>>));
  static const WorkloadEntry large(made_by(kGrowLarge, make_workload<Grow<B, kLargeBuffer, kLargeRounds>>));
}

}  // namespace assay::suite::buffer
