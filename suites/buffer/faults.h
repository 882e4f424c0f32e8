// Memory that ends in the middle: every allocation fails in turn, and the kernel has no more.
#pragma once

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "suites/buffer/subject.h"
#include "suites/core/footprint.h"

namespace assay::suite::buffer {

constexpr std::size_t kLarge = std::size_t{1} << 20;  // large for who tells small storages from large ones

// Handles of every kind, and what they were before an operation failed.
template <class B>
struct Scene {
  using Mutable = typename B::Mutable;

  static constexpr std::size_t kSize = 300;
  static constexpr std::size_t kRoom = 200'000;  // of a storage that is large for who tells them apart

  Scene()
      : behind(make_mutable<B>(static_content(kSize), 20)),
        alone(make_mutable<B>(static_content(kSize))),
        large(make_mutable<B>(static_content(kSize), kRoom)) {
    front = behind.split_to(100);
    for (B* handle : {&copied, &owned, &frozen, &part_of}) before.of(*handle);
    for (const Mutable* handle : {&behind, &alone, &large, &front, &none}) before.of(*handle);
  }

  void expect_kept(const char* operation) const {
    Record now;
    for (const B* handle : {&copied, &owned, &frozen, &part_of}) now.of(*handle);
    for (const Mutable* handle : {&behind, &alone, &large, &front, &none}) now.of(*handle);
    for (std::size_t i = 0; i < Record::kMost; ++i)
      require(now.handles[i] == before.handles[i], "%s failed and changed handle %zu", operation, i);
    const View bytes = static_content(kSize);
    expect(copied, bytes, operation);
    expect(owned, bytes, operation);
    expect(frozen, bytes, operation);
    expect(part_of, bytes.subspan(50, 100), operation);
    expect(front, bytes.first(100), operation);
    expect(behind, bytes.subspan(100), operation);
    expect(alone, bytes, operation);
    expect(large, bytes, operation);
  }

  B copied = B::copy_of(static_content(kSize));
  B owned = B::from_owner(Parcel(static_content(kSize)));
  B frozen = make_mutable<B>(static_content(kSize)).freeze();
  B part_of = make_mutable<B>(static_content(kSize)).freeze().slice(50, 150);
  Mutable behind, alone, large, front, none;

 private:
  struct Handle {
    const std::byte* data;
    std::size_t size, capacity;
    friend bool operator==(const Handle&, const Handle&) = default;
  };
  struct Record {
    static constexpr std::size_t kMost = 9;
    Handle handles[kMost] = {};
    std::size_t count = 0;
    void of(const B& handle) { handles[count++] = {handle.data(), handle.size(), 0}; }
    void of(const Mutable& handle) { handles[count++] = {handle.data(), handle.size(), handle.capacity()}; }
  };
  Record before;
};

// The operation says whether what it is for was done: one that returns without is as bad as one that throws
// and has changed something.
template <class B, class Operation>
void fail_at_every_allocation(const char* name, const Operation& operation) {
  const auto once = [&] {
    for (long step = 0;; ++step) {
      bool threw = false, failed = false, done = false;
      {
        Scene<B> scene;
        Heap::fail_after(step);
        try {
          done = operation(scene);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        failed = Heap::never_fail();
        require(failed || !threw, "%s threw bad_alloc with no allocation refused", name);
        require(threw || done, "%s returned without having been done when allocation %ld failed", name, step);
        if (threw) scene.expect_kept(name);
      }
      require(Witness::live == 0, "after %s failed at allocation %ld, %ld owners are left", name, step,
              Witness::live);
      if (!failed) return;
    }
  };
  once();
  const long blocks = Heap::live_blocks();
  for (int i = 0; i < 5; ++i) once();
  require(Heap::live_blocks() == blocks, "after %s failed, %ld blocks are left", name,
          Heap::live_blocks() - blocks);
}

inline bool are_same(View a, View b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
template <class H>
View view_of(const H& handle) {
  return {handle.data(), handle.size()};
}

template <class B>
void check_failing_shared() {
  using S = Scene<B>;
  const View bytes = static_content(500);
  fail_at_every_allocation<B>("copy_of", [=](S& scene) {
    scene.copied = B::copy_of(bytes);
    return are_same(view_of(scene.copied), bytes);
  });
  const auto for_each_shared = [](const auto& with) {
    with(&S::copied);
    with(&S::owned);
    with(&S::frozen);
    with(&S::part_of);
  };
  for_each_shared([](B S::*of) {
    fail_at_every_allocation<B>("a copy", [=](S& scene) {
      const B copy = scene.*of;
      return copy == scene.*of;
    });
    fail_at_every_allocation<B>("an assignment", [=](S& scene) {
      scene.copied = scene.*of;
      return scene.copied == scene.*of;
    });
    fail_at_every_allocation<B>("slice", [=](S& scene) {
      const B& handle = scene.*of;
      return are_same(view_of(handle.slice(10, 90)), View(handle.data() + 10, 80));
    });
    fail_at_every_allocation<B>("slice_of", [=](S& scene) {
      const B& handle = scene.*of;
      const View part_of_it(handle.data() + 5, 50);
      return are_same(view_of(handle.slice_of(part_of_it)), part_of_it);
    });
    fail_at_every_allocation<B>("split_to", [=](S& scene) { return (scene.*of).split_to(40).size() == 40; });
    fail_at_every_allocation<B>("split_off", [=](S& scene) {
      const std::size_t size = (scene.*of).size();
      return (scene.*of).split_off(40).size() == size - 40 && (scene.*of).size() == 40;
    });
    fail_at_every_allocation<B>("try_into_mut", [=](S& scene) {
      const auto taken = std::move(scene.*of).try_into_mut();
      return taken.has_value() || !(scene.*of).empty();
    });
  });
  require_all_was_seen();
}

template <class B>
void check_failing_mutable() {
  using S = Scene<B>;
  using Mutable = typename B::Mutable;
  const View bytes = static_content(4000);
  for (const std::size_t size : {std::size_t{3000}, kLarge})
    fail_at_every_allocation<B>("with_capacity", [=](S& scene) {
      scene.alone = Mutable::with_capacity(size);
      return scene.alone.capacity() >= size;
    });
  const auto for_each_mutable = [](const auto& with) {
    with(&S::behind);
    with(&S::alone);
    with(&S::large);
    with(&S::front);
    with(&S::none);
  };
  for_each_mutable([=](Mutable S::*of) {
    for (const std::size_t more : {std::size_t{3000}, kLarge}) {
      fail_at_every_allocation<B>("reserve", [=](S& scene) {
        (scene.*of).reserve(more);
        return (scene.*of).spare().size() >= more;
      });
      fail_at_every_allocation<B>("resize", [=](S& scene) {
        (scene.*of).resize(more, std::byte{4});
        return (scene.*of).size() == more && (scene.*of).data()[more - 1] == std::byte{4};
      });
    }
    fail_at_every_allocation<B>("append", [=](S& scene) {
      const std::size_t size = (scene.*of).size();
      (scene.*of).append(bytes);
      return are_same(view_of(scene.*of).subspan(size), bytes);
    });
    fail_at_every_allocation<B>("split", [=](S& scene) {
      const std::size_t size = (scene.*of).size();
      return (scene.*of).split().size() == size;
    });
    fail_at_every_allocation<B>("split_to", [=](S& scene) {
      const std::size_t n = (scene.*of).size() / 3;
      return (scene.*of).split_to(n).size() == n;
    });
    fail_at_every_allocation<B>("split_off", [=](S& scene) {
      const std::size_t size = (scene.*of).size(), n = size / 3;
      return (scene.*of).split_off(n).size() == size - n;
    });
    fail_at_every_allocation<B>("freeze", [=](S& scene) {
      const std::size_t size = (scene.*of).size();
      return std::move(scene.*of).freeze().size() == size;
    });
  });
  const auto unsplit = [](const char* what, Mutable S::*to, Mutable S::*from) {
    fail_at_every_allocation<B>(what, [=](S& scene) {
      const std::size_t size = (scene.*to).size() + (scene.*from).size();
      (scene.*to).unsplit(std::move(scene.*from));
      return (scene.*to).size() == size && (scene.*from).empty();
    });
  };
  unsplit("unsplit of strangers", &S::front, &S::alone);
  unsplit("unsplit in the wrong order", &S::behind, &S::front);
  unsplit("unsplit of neighbours", &S::front, &S::behind);
  require_all_was_seen();
}

// An owner that cannot be moved once it is told so.
struct Throwing {
  struct Refusal {};
  static inline long moves_left = -1;  // -1: as many as are asked for
  Throwing() = default;
  Throwing(Throwing&& other) : parcel((count(), std::move(other.parcel))) {}
  Throwing& operator=(Throwing&&) = delete;
  operator View() const noexcept { return parcel; }
  static void count() {
    if (moves_left >= 0 && moves_left-- == 0) throw Refusal();
  }
  Parcel parcel{static_content(64)};
};

template <class B>
void check_failing_owner() {
  const auto at_every_step = [](const auto& arm, const auto& disarm) {
    const auto once = [&] {
      for (long step = 0;; ++step) {
        bool threw = false;
        {
          Throwing owner;
          std::optional<B> made;
          arm(step);
          try {
            made.emplace(B::from_owner(std::move(owner)));
          } catch (const std::bad_alloc&) {
            threw = true;
          } catch (const Throwing::Refusal&) {
            threw = true;
          }
          disarm();
          if (!threw) expect(*made, static_content(64), "of from_owner");
        }
        require(Witness::live == 0, "from_owner that failed at step %ld left %ld owners", step,
                Witness::live);
        if (!threw) return;
      }
    };
    once();
    const long blocks = Heap::live_blocks();
    once();
    require(Heap::live_blocks() == blocks, "from_owner that failed left %ld blocks",
            Heap::live_blocks() - blocks);
  };
  at_every_step([](long step) { Heap::fail_after(step); }, [] { Heap::never_fail(); });
  at_every_step([](long step) { Throwing::moves_left = step; }, [] { Throwing::moves_left = -1; });
  require_all_was_seen();
}

// A program that goes on with what it has. All its bytes are windows of the static ones.
template <class B>
class Script {
 public:
  void run() {
    for (std::size_t round = 0; round < 12; ++round) {
      const std::size_t n = 30 + 40 * round;
      if (attempt([&] { open_.append(static_content(end_ + n).subspan(end_)); })) end_ += n;
      if (round % 3 == 0) attempt([&] { open_.reserve(500 * round); });
      if (round % 2 == 1) give_away((end_ - begin_) / 2, round);
      attempt([&] {
        B& to = pieces_[(round + 3) % kPieces];
        B copy = pieces_[round % kPieces];
        to = std::move(copy);
        windows_[(round + 3) % kPieces] = windows_[round % kPieces];
      });
      check();
    }
  }

  void check() const {
    expect(open_, static_content(end_).subspan(begin_), "of the buffer that is written");
    for (std::size_t i = 0; i < kPieces; ++i) expect(pieces_[i], windows_[i], "of a piece");
  }

  bool attempt(const auto& operation) {
    try {
      operation();
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

 private:
  static constexpr std::size_t kPieces = 5;

  void give_away(std::size_t n, std::size_t round) {
    typename B::Mutable front;
    if (!attempt([&] { front = open_.split_to(n); })) return;
    const View window = static_content(end_).subspan(begin_, n);
    begin_ += n;
    B piece;
    if (!attempt([&] { piece = std::move(front).freeze(); })) return expect(front, window, "not frozen");
    pieces_[round % kPieces] = std::move(piece);
    windows_[round % kPieces] = window;
  }

  typename B::Mutable open_;
  std::size_t begin_ = 0, end_ = 0;
  B pieces_[kPieces];
  View windows_[kPieces];
};

template <class B>
void check_exhaustion() {
  long blocks = Heap::live_blocks();
  for (long step = 0;; ++step) {
    {
      Script<B> script;
      Heap::fail_after(step);
      script.run();
      const bool failed = Heap::never_fail();
      script.check();
      if (!failed) break;
    }
    if (step == 0) blocks = Heap::live_blocks();
    require(Heap::live_blocks() <= blocks, "memory that ended at allocation %ld left %ld blocks", step,
            Heap::live_blocks() - blocks);
  }
  require_all_was_seen();
}

// Storages that are too large for operator new to be the only way to them: the kernel refuses.
template <class B>
void check_refusing_kernel() {
  constexpr std::size_t kSize = std::size_t{1} << 20, kMore = std::size_t{256} << 20;
  if (mapped_bytes() > (std::size_t{1} << 40)) skipped("a sanitizer has taken all addresses");
  const Content bytes = content(kSize);
  void* const source = mmap(nullptr, kMore, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (source == MAP_FAILED) skipped("there are no %zu bytes of addresses", kMore);
  const View much(static_cast<const std::byte*>(source), kMore);

  auto alone = make_mutable<B>(bytes), rest = make_mutable<B>(bytes);
  const B front = rest.split_to(kSize / 2).freeze();
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  const rlimit least{mapped_bytes() + (std::size_t{8} << 20), limit.rlim_max};
  if (setrlimit(RLIMIT_AS, &least) != 0) skipped("setrlimit failed");
  const auto refuse = [&](const char* what, auto& handle, View expected, const auto& operation) {
    const std::byte* address = handle.data();
    const std::size_t capacity = handle.capacity();
    bool refused = false;
    try {
      operation(handle);
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    require(refused, "%s of 256 MiB succeeded, with 8 MiB of addresses left", what);
    require(handle.data() == address && handle.capacity() == capacity, "%s failed and changed the handle",
            what);
    expect(handle, expected, what);
    expect(front, View(bytes).first(kSize / 2), what);
  };
  const auto refuse_all = [&](auto& handle, View expected) {
    refuse("reserve", handle, expected, [](auto& of) { of.reserve(kMore); });
    refuse("append", handle, expected, [=](auto& of) { of.append(much); });
    refuse("resize", handle, expected, [](auto& of) { of.resize(kMore, std::byte{1}); });
    refuse("with_capacity", handle, expected, [](auto& of) { of = B::Mutable::with_capacity(kMore); });
    refuse("copy_of", handle, expected, [=](auto&) { B::copy_of(much); });
  };
  refuse_all(alone, bytes);
  refuse_all(rest, View(bytes).subspan(kSize / 2));
  alone.advance(kSize / 2);  // beside room that it may reclaim
  refuse_all(alone, View(bytes).subspan(kSize / 2));
  setrlimit(RLIMIT_AS, &limit);
  alone.reserve(kSize);
  expect(alone, View(bytes).subspan(kSize / 2), "after memory came back");
}

template <class B>
struct FaultClauses {
  Clause shared{"FAULTS-1", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                "An operation on shared bytes whose n-th allocation fails leaves all handles as they were",
                &check_failing_shared<B>};
  Clause writing{"FAULTS-2", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                 "An operation on mutable bytes whose n-th allocation fails leaves all handles as they were",
                 &check_failing_mutable<B>};
  Clause owner{"FAULTS-3", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_owner",
               "from_owner that fails, for memory or for the owner's constructor, leaks and destroys nothing",
               &check_failing_owner<B>};
  Clause exhaustion{"FAULTS-4", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
                    "A program whose memory ends at the n-th allocation goes on with the bytes that it has",
                    &check_exhaustion<B>};
  Clause kernel{
      "FAULTS-5", ClauseClass::kViolation, "zerocopy/buffer_concept.h: exhausted memory",
      "Operations on large storages that the kernel has no memory for leave all handles as they were",
      &check_refusing_kernel<B>};
};

}  // namespace assay::suite::buffer
