// What a reader of a connection does: messages of 16 to 256 bytes are written into a buffer of 64 KB, each is
// split off, frozen and given away. One operation is one message.
//   buffer_freeze       each is dropped before the next one comes, so that the room can be used again
//   buffer_freeze_held  the latest 64 are held, so that new storage must be taken at times
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "suites/buffer/workloads/contents.h"
#include "suites/buffer/workloads/sharing.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

inline constexpr Description kFreeze{
    .name = "buffer_freeze",
    .family = "buffer",
    .sentence = "messages of 16 to 256 bytes are written, split from the buffer, frozen and dropped",
    .passes = 5,
    .any_length = true};
inline constexpr Description kFreezeHeld{
    .name = "buffer_freeze_held",
    .family = "buffer",
    .sentence = "messages of 16 to 256 bytes are written, split and frozen; the latest 64 are held",
    .passes = 5,
    .any_length = true};

constexpr std::size_t kMessages = 200'000;
constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr std::size_t kMessageLengths = 1024;
constexpr std::size_t kLeastMessage = 16, kMostMessage = 256;
constexpr std::size_t kHeldMessages = 64;

template <class M>
[[gnu::always_inline]] inline auto next_message(M& buffer, View contents) {
  buffer.append(contents);
  return buffer.split().freeze();
}

template <class B, bool kHeld>
class Freezing final : public Workload {
 public:
  explicit Freezing(const Settings& settings)
      : lengths_(kMessageLengths, kLeastMessage, kMostMessage, settings.seed),
        contents_(random_bytes(kMostMessage, settings.seed)),
        held_(harness_array<B>(kHeldMessages)) {
    operations = settings.repeated(kMessages);
    peak_live = kReadBuffer;
    std::uninitialized_default_construct_n(held_, kHeldMessages);
  }

  std::uint64_t pass() override {
    auto buffer = B::Mutable::with_capacity(kReadBuffer);
    const std::size_t count = operations;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const View contents = contents_.first(lengths_.lengths[i % kMessageLengths]);
      B message = next_message(buffer, contents);
      escape(message.data());
      sum += look(message);
      if constexpr (kHeld) held_[i % kHeldMessages] = std::move(message);
    }
    for (std::size_t i = 0; i < kHeldMessages; ++i) held_[i] = B();
    return fold(0, sum);
  }

  void report(const Resident&, Figures& figures) override {
    auto buffer = B::Mutable::with_capacity(kReadBuffer);
    buffer.append(contents_);
    const View written(buffer.data(), buffer.size());
    report_copied(figures, copied(buffer.split().freeze(), written));
  }

 private:
  const Lengths lengths_;
  const View contents_;
  B* const held_;  // these own nothing between passes
};

template <class B>
void add_freezing_workloads() {
  static const WorkloadEntry dropped(made_by(kFreeze, make_workload<Freezing<B, false>>));
  static const WorkloadEntry held(made_by(kFreezeHeld, make_workload<Freezing<B, true>>));
}

}  // namespace assay::suite::buffer
