// Handles to parts of one storage that come and go. One operation is one handle made and dropped.
//   buffer_clone      a second handle to 4 KB of bytes
//   buffer_slice      a handle to a part of them, at random places
//   buffer_split_to   1,000 parts of 1 to 64 bytes are taken from the front, until nothing is left
//   buffer_split_off  the same from the back
// and each of them once more, …_beside_thread, in a process that has a second thread. Beside the times of
// buffer_clone stand the bytes of a handle, and those that the heap was asked for beyond the contents when
// there are two handles; beside all of them the bytes that an operation copied.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suites/buffer/workloads/contents.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

constexpr Description sharing(const char* name, const char* sentence, bool threaded = false) {
  return {.name = name,
          .family = "buffer",
          .sentence = sentence,
          .passes = 5,
          .any_length = true,
          .threaded = threaded};
}

inline constexpr Description kClone =
    sharing("buffer_clone", "a second handle to 4 KB of bytes comes and goes");
inline constexpr Description kSlice =
    sharing("buffer_slice", "a handle to a part of 4 KB of bytes comes and goes");
inline constexpr Description kSplitTo =
    sharing("buffer_split_to", "1,000 parts of 1 to 64 bytes are split from the front, and dropped");
inline constexpr Description kSplitOff =
    sharing("buffer_split_off", "1,000 parts of 1 to 64 bytes are split from the back, and dropped");
inline constexpr Description kCloneBesideThread =
    sharing("buffer_clone_beside_thread",
            "a second handle to 4 KB of bytes comes and goes, another thread exists", true);
inline constexpr Description kSliceBesideThread =
    sharing("buffer_slice_beside_thread",
            "a handle to a part of 4 KB of bytes comes and goes, another thread exists", true);
inline constexpr Description kSplitToBesideThread = sharing(
    "buffer_split_to_beside_thread",
    "1,000 parts of 1 to 64 bytes are split from the front, and dropped, another thread exists", true);
inline constexpr Description kSplitOffBesideThread =
    sharing("buffer_split_off_beside_thread",
            "1,000 parts of 1 to 64 bytes are split from the back, and dropped, another thread exists", true);

constexpr std::size_t kShared = 4096;
constexpr std::size_t kHandles = 500'000;
constexpr std::size_t kParts = 1000;
constexpr std::size_t kMostOfPart = 64;
constexpr std::size_t kSplitRounds = 200;

struct Range {
  std::uint32_t begin, end;
};

// Of kShared bytes, none of them empty.
struct Ranges {
  static constexpr std::size_t kCount = 1024;

  explicit Ranges(std::uint64_t stream) : ranges(harness_array<Range>(kCount)) {
    Random random(stream);
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t begin = random.below(kShared);
      ranges[i] = {static_cast<std::uint32_t>(begin),
                   static_cast<std::uint32_t>(random.between(begin + 1, kShared))};
    }
  }
  Range* ranges;
};

// The bytes of `part` that do not lie in `whole`.
template <class A, class B>
std::size_t copied(const A& part, const B& whole) {
  const auto offset =
      reinterpret_cast<std::uintptr_t>(part.data()) - reinterpret_cast<std::uintptr_t>(whole.data());
  return offset < whole.size() ? 0 : part.size();
}

inline void report_copied(Figures& figures, std::size_t bytes) {
  figures.add("bytes_copied", "bytes/op", static_cast<double>(bytes));
}

// What the heap has for one of many storages with two handles, beyond the contents: its own word of each
// block too. They are larger than the caches of freed blocks take, which count as used, and too small to have
// mappings of their own; what small blocks of such a cache are missing in the sum is rounded away.
constexpr std::size_t kMeasuredStorages = 1000;
constexpr std::size_t kMeasuredBytes = 2008;

template <class Hold, class Drop>
std::size_t overhead_of(Hold hold, Drop drop) {
  const std::size_t before = mallinfo2().uordblks;
  hold();
  const std::size_t taken = (mallinfo2().uordblks - before + kMeasuredStorages / 2) / kMeasuredStorages;
  drop();
  return taken > kMeasuredBytes ? taken - kMeasuredBytes : SIZE_MAX;
}

// The heap's part is left out where it is not glibc's.
inline void report_sizes(Figures& figures, std::size_t handle, std::size_t overhead) {
  figures.add("handle_bytes", "bytes", static_cast<double>(handle));
  if (overhead != SIZE_MAX) figures.add("overhead_bytes", "bytes", static_cast<double>(overhead));
}

template <class B>
std::size_t overhead_of() {
  B* const handles = harness_array<B>(2 * kMeasuredStorages);
  const View contents = random_bytes(kMeasuredBytes, 1);
  return overhead_of(
      [=] {
        for (std::size_t i = 0; i < 2 * kMeasuredStorages; i += 2) {
          std::construct_at(handles + i, B::copy_of(contents));
          std::construct_at(handles + i + 1, handles[i]);
        }
      },
      [=] { std::destroy_n(handles, 2 * kMeasuredStorages); });
}

// `whole` is a handle of its own, so that it can be held in registers whoever else sees the original. No
// handle on the stack is const here: g++ keeps constants that have a constructor in memory.
template <class B>
[[gnu::noinline]] std::uint64_t clone_and_drop(const B& original, std::size_t count) {
  B whole(original);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    B copy(whole);
    escape(copy.data());
    sum += look(copy);
  }
  return sum;
}

template <class B>
[[gnu::noinline]] std::uint64_t slice_and_drop(const B& original, const Range* ranges, std::size_t count) {
  B whole(original);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Range range = ranges[i % Ranges::kCount];
    B part = whole.slice(range.begin, range.end);
    escape(part.data());
    sum += look(part);
  }
  return sum;
}

template <class B, bool kFront>
[[gnu::noinline]] std::uint64_t split_and_drop(const B& original, const std::uint32_t* lengths,
                                               std::size_t parts, std::size_t rounds) {
  std::uint64_t sum = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    B rest(original);
    for (std::size_t i = 0; i < parts; ++i) {
      B part = kFront ? rest.split_to(lengths[i]) : rest.split_off(rest.size() - lengths[i]);
      escape(part.data());
      sum += look(part);
    }
  }
  return sum;
}

template <class B>
class Clone : public Workload {
 public:
  explicit Clone(const Settings& settings) : bytes_(B::copy_of(random_bytes(kShared, settings.seed))) {
    operations = settings.repeated(kHandles);
    peak_live = kShared;
  }

  std::uint64_t pass() override { return fold(0, clone_and_drop(bytes_, operations)); }

  void report(const Resident&, Figures& figures) override {
    B copy(bytes_);
    report_copied(figures, copied(copy, bytes_));
    report_sizes(figures, sizeof(B), overhead_);
  }

 private:
  const std::size_t overhead_ = overhead_of<B>();  // before resident sizes are looked at
  const B bytes_;
};

template <class B>
class Slice : public Workload {
 public:
  explicit Slice(const Settings& settings)
      : bytes_(B::copy_of(random_bytes(kShared, settings.seed))), ranges_(settings.seed) {
    operations = settings.repeated(kHandles);
    peak_live = kShared;
  }

  std::uint64_t pass() override { return fold(0, slice_and_drop(bytes_, ranges_.ranges, operations)); }

  void report(const Resident&, Figures& figures) override {
    report_copied(figures, copied(bytes_.slice(kShared / 4, kShared / 2), bytes_));
  }

 private:
  const B bytes_;
  const Ranges ranges_;
};

template <class B, bool kFront>
class Split : public Workload {
 public:
  explicit Split(const Settings& settings)
      : lengths_(kParts, 1, kMostOfPart, settings.seed),
        rounds_(rounds_of(settings, kSplitRounds)),
        bytes_(B::copy_of(random_bytes(lengths_.sum, settings.seed))) {
    operations = rounds_ * kParts;
    peak_live = lengths_.sum;
  }

  std::uint64_t pass() override {
    return fold(0, split_and_drop<B, kFront>(bytes_, lengths_.lengths, kParts, rounds_));
  }

  void report(const Resident&, Figures& figures) override {
    B rest(bytes_);
    const B part = kFront ? rest.split_to(rest.size() / 2) : rest.split_off(rest.size() / 2);
    report_copied(figures, copied(part, bytes_) + copied(rest, bytes_));
  }

 private:
  const Lengths lengths_;
  const std::size_t rounds_;
  const B bytes_;
};

// From a Workload, plain and beside a thread.
template <class W>
void add_sharing_workload(const Description& plain, const Description& beside_thread) {
  static const WorkloadEntry alone(made_by(plain, make_workload<W>));
  static const WorkloadEntry beside(made_by(beside_thread, make_workload<BesideThread<W>>));
}

template <class B>
void add_sharing_workloads() {
  add_sharing_workload<Clone<B>>(kClone, kCloneBesideThread);
  add_sharing_workload<Slice<B>>(kSlice, kSliceBesideThread);
  add_sharing_workload<Split<B, true>>(kSplitTo, kSplitToBesideThread);
  add_sharing_workload<Split<B, false>>(kSplitOff, kSplitOffBesideThread);
}

}  // namespace assay::suite::buffer
