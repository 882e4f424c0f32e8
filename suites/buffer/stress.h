// Handles to one storage on several threads. What a wrong memory order breaks is found by ThreadSanitizer;
// what a wrong count breaks, here too.
#pragma once

#include <sched.h>

#include <atomic>
#include <optional>
#include <utility>

#include "suites/buffer/subject.h"
#include "suites/core/on_threads.h"
#include "suites/core/random.h"

namespace assay::suite::buffer {

constexpr unsigned kMembers = 4;

// An owner that may be destroyed by any thread, and takes its bytes along.
class Watched {
 public:
  static inline std::atomic<long> ended{0};

  explicit Watched(std::size_t size) : bytes_(content(size)) {}
  Watched(Watched&& other) : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Watched& operator=(Watched&&) = delete;
  ~Watched() {
    if (bytes_.empty()) return;
    std::fill(bytes_.begin(), bytes_.end(), std::byte{0xee});
    ended.fetch_add(1, std::memory_order_relaxed);  // a count; the threads are joined before it is read
  }
  operator View() const noexcept { return bytes_; }

 private:
  Content bytes_;
};

// Copies, slices and drops; every part is one of content(size).
template <class B>
void share_around(B mine, Random random) {
  const Content bytes = content(mine.size());
  std::size_t begin = 0;
  B other;
  for (int step = 0; step < 40; ++step) {
    const std::size_t size = mine.size();
    expect(mine, part(bytes, begin, begin + size), "on several threads");
    switch (random.below(5)) {
      case 0:
        other = mine;
        break;
      case 1: {
        const std::size_t n = random.below(size / 8 + 1);
        other = mine.split_to(n);
        expect(other, part(bytes, begin, begin + n), "split off on several threads");
        begin += n;
        break;
      }
      case 2: {
        const B slice = mine.slice(size / 2, size);
        other = slice;
        break;
      }
      case 3:
        other = B();
        break;
      default:
        sched_yield();
    }
  }
}

template <class B>
void check_sharing_threads() {
  if constexpr (!B::kTraits.threads) {
    absent("claims one thread");
  } else {
    constexpr std::size_t kSize = 512;
    constexpr int kRounds = 60;
    for (int round = 0; round < kRounds; ++round) {
      const bool owned = round % 2 == 0;
      std::optional<B> handles[kMembers];
      {
        const B whole = owned ? B::from_owner(Watched(kSize)) : make<B>(kSources[round / 2 % 7], kSize);
        for (auto& handle : handles) handle = whole;
      }
      on_threads(kMembers, [&](unsigned member) {
        B mine = std::move(*handles[member]);
        handles[member].reset();
        share_around(std::move(mine), Random(seed() + static_cast<std::uint64_t>(round) * kMembers + member));
      });
      if (owned)
        require(Watched::ended.load(std::memory_order_relaxed) == round / 2 + 1,
                "after %d owners lost their last handles, %ld were destroyed", round / 2 + 1,
                Watched::ended.load(std::memory_order_relaxed));
    }
  }
}

// Copies of one handle that nobody changes: the first may have to make a count.
template <class B>
void check_first_copies() {
  if constexpr (!B::kTraits.threads) {
    absent("claims one thread");
  } else {
    for (int round = 0; round < 80; ++round) {
      const Source source = kSources[round % 7];
      const Content bytes = content(100);
      std::optional<B> whole = make<B>(source, 100);
      std::optional<B> copies[kMembers];
      on_threads(kMembers, [&](unsigned member) {
        const B& handle = *whole;
        if (member % 2 == 0)
          copies[member] = handle;
        else
          copies[member] = handle.slice(member, 100);
      });
      whole.reset();
      on_threads(kMembers, [&](unsigned member) {
        expect(*copies[member], part(bytes, member % 2 == 0 ? 0 : member, 100), "copied on several threads");
        copies[member].reset();
      });
    }
  }
}

template <class B>
void check_racing_regain() {
  if constexpr (!B::kTraits.threads) {
    absent("claims one thread");
  } else {
    constexpr std::size_t kSize = 200;
    const Content bytes = content(kSize);
    for (int round = 0; round < 120; ++round) {
      std::optional<B> handles[kMembers];
      handles[0] = make<B>(round % 2 == 0 ? Source::kFrozen : Source::kFront, kSize);
      for (unsigned i = 1; i < kMembers; ++i) handles[i] = handles[0];
      // In most rounds one thread does not give up, so that there is somebody to win.
      const unsigned stays = round % 5 < 2 ? kMembers : static_cast<unsigned>(round) % kMembers;
      std::atomic<int> winners{0}, gone{0};
      on_threads(kMembers, [&](unsigned member) {
        B mine = std::move(*handles[member]);
        handles[member].reset();
        expect(mine, bytes, "before try_into_mut on several threads");
        if (round % 3 != 0) const B another = mine;  // else only try_into_mut orders what others have read
        if (round % 4 >= 2) sched_yield();
        auto won = std::move(mine).try_into_mut();
        for (int alone = 0; member == stays && !won.has_value(); won = std::move(mine).try_into_mut()) {
          expect(mine, bytes, "while try_into_mut was refused on several threads");
          // Relaxed: try_into_mut has to order what the others have read.
          if (gone.load(std::memory_order_relaxed) == kMembers - 1 && ++alone > 10'000)
            violated("try_into_mut of the last handle that is left is refused");
          sched_yield();
        }
        if (won.has_value()) {
          expect(*won, bytes, "won by try_into_mut");
          // Of a size that the compiler does not know: ThreadSanitizer sees calls of memset only.
          std::memset(won->data(), static_cast<int>(0xc0 + member), won->size());
          sched_yield();
          expect(*won, Content(kSize, static_cast<std::byte>(0xc0 + member)), "after it was written to");
          winners.fetch_add(1, std::memory_order_relaxed);  // a count, read after the threads are joined
        } else {
          expect(mine, bytes, "after try_into_mut was refused on several threads");
          sched_yield();
          expect(mine, bytes, "after another thread's try_into_mut");
        }
        mine = B();
        gone.fetch_add(1, std::memory_order_relaxed);
      });
      const int won = winners.load(std::memory_order_relaxed);
      require(won <= (B::kTraits.shares ? 1 : static_cast<int>(kMembers)),
              "try_into_mut of one storage succeeded on %d threads", won);
    }
  }
}

// One thread writes to the room as soon as it is found that frozen bytes have left, which others read.
template <class B>
void check_reclaiming_threads() {
  if constexpr (!B::kTraits.threads) {
    absent("claims one thread");
  } else if constexpr (!B::kTraits.reclaims) {
    absent("claims not to reclaim");
  } else {
    constexpr std::size_t kFrame = 200, kKept = 40;
    const Content frame = content(kFrame), kept = content(kKept, 3);
    for (int round = 0; round < 120; ++round) {
      auto buffer = make_mutable<B>(frame, kKept + 20);
      buffer.append(kept);
      const std::size_t more = buffer.capacity() - kKept;
      std::optional<B> frames[kMembers];
      frames[1] = buffer.split_to(kFrame).freeze();
      for (unsigned i = 2; i < kMembers; ++i) frames[i] = *frames[1];
      std::atomic<int> gone{0};
      on_threads(kMembers, [&](unsigned member) {
        if (member == 0) {
          auto mine = std::move(buffer);
          bool found = mine.try_reclaim(more);
          for (int alone = 0; !found && round % 3 != 0; found = mine.try_reclaim(more)) {
            expect(mine, kept, "while try_reclaim was refused");
            // Relaxed: try_reclaim has to order what the others have read.
            if (gone.load(std::memory_order_relaxed) == kMembers - 1 && ++alone > 10'000)
              violated("try_reclaim does not find the room that other threads' handles have left");
            sched_yield();
          }
          if (!found) mine.reserve(more);
          std::memset(mine.spare().data(), 0x6b, mine.spare().size());
          expect(mine, kept, "after room was reclaimed");
        } else {
          B mine = std::move(*frames[member]);
          frames[member].reset();
          expect(mine, frame, "which another thread waits for");
          if (round % 2 == 0) const B another = mine;  // else only try_reclaim orders what was read
          if (round % 4 >= 2) sched_yield();
          expect(mine, frame, "which another thread waits for");
          mine = B();
          gone.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
  }
}

// Each thread writes and grows its own part, and reads what others have frozen.
template <class B>
void check_writing_threads() {
  if constexpr (!B::kTraits.threads) {
    absent("claims one thread");
  } else {
    constexpr std::size_t kPart = 128;
    for (int round = 0; round < 60; ++round) {
      const Content bytes = content(kPart * (kMembers + 1));
      auto rest = make_mutable<B>(bytes, 64);
      const B head = rest.split_to(kPart).freeze();
      std::optional<typename B::Mutable> parts[kMembers];
      for (unsigned i = 0; i + 1 < kMembers; ++i) parts[i] = rest.split_to(kPart);
      parts[kMembers - 1] = std::move(rest);
      std::optional<B> results[kMembers], heads[kMembers];
      for (auto& handle : heads) handle = head;
      on_threads(kMembers, [&](unsigned member) {
        auto mine = std::move(*parts[member]);
        parts[member].reset();
        const B shared = std::move(*heads[member]);
        heads[member].reset();
        const View written = part(bytes, kPart * (member + 1), kPart * (member + 2));
        expect(mine, written, "of a part on a thread");
        for (std::size_t step = 0; step < 20; ++step) {
          std::memset(mine.data(), static_cast<int>(member + 1), mine.size());
          mine.advance(mine.size() / 2);
          mine.try_reclaim(100);
          mine.append(View(shared.data() + step, 50));
          if (step % 7 == 3) mine.reserve(300);
          if (step % 5 == 4) sched_yield();
        }
        expect(shared, part(bytes, 0, kPart), "of the frozen head");
        mine.clear();
        mine.append(written);
        results[member] = std::move(mine).freeze();
      });
      for (unsigned i = 0; i < kMembers; ++i)
        expect(*results[i], part(bytes, kPart * (i + 1), kPart * (i + 2)), "frozen on a thread");
    }
  }
}

template <class B>
struct StressClauses {
  Clause sharing{
      "STRESS-1", ClauseClass::kViolation, "zerocopy/buffer_concept.h: threads",
      "Handles that four threads copy, slice and drop keep the bytes, and the last one ends them once",
      &check_sharing_threads<B>};
  Clause first{"STRESS-2", ClauseClass::kViolation, "[res.on.data.races]",
               "Four threads may copy and slice one handle at the same time", &check_first_copies<B>};
  Clause regain{"STRESS-3", ClauseClass::kViolation, "Assay contract Z-15; bytes #718",
                "Of the threads that race for try_into_mut one wins, at most, and who stays for the others "
                "to go does",
                &check_racing_regain<B>};
  Clause writing{"STRESS-4", ClauseClass::kViolation, "zerocopy/buffer_concept.h: threads",
                 "Threads may each write and grow a part of one storage", &check_writing_threads<B>};
  Clause reclaiming{"STRESS-5", ClauseClass::kViolation, "zerocopy/buffer_concept.h: threads, reclaims",
                    "Room is reclaimed when the other threads' handles have gone, and not before",
                    &check_reclaiming_threads<B>};
};

}  // namespace assay::suite::buffer
