// Every allocation of every operation fails in turn: nothing is changed, and nothing is lost.
#pragma once

#include <cstddef>
#include <new>
#include <optional>
#include <utility>

#include "suites/buffer/faults/scene.h"
#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

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

}  // namespace assay::suite::buffer
