// Two arenas beside their oracle: which objects are live, where, and in which order they were created. Each
// operation is valid in every state and checks what it does; storage may be refused and constructors may
// throw at any time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "suites/object/logged.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

template <class Of>
class ObjectProgram {
 public:
  using S = Subject<Of, Logged>;
  static constexpr ObjectTraits kTraits = S::kTraits;

  ObjectProgram() : ObjectProgram(std::make_index_sequence<2>()) {}
  ObjectProgram(const ObjectProgram&) = delete;

  Upstream& upstream() { return upstream_; }

  void create(std::size_t arena) {
    expect(arena);
    attempt([&] {
      if (Logged* object = arenas_[arena].create(next_id_))
        live_[arena].push_back({object, next_id_++, true});
    });
    expect_live();
  }

  void create_array(std::size_t arena, std::size_t count) {
    if constexpr (kTraits.creates_arrays) {
      attempt([&] {
        const long first = next_id_;
        Logged* array = arenas_[arena].create_array(
            count, [&](std::size_t i) { return Logged(first + static_cast<long>(i)); });
        if (array == nullptr) return;
        for (std::size_t i = 0; i < count; ++i) live_[arena].push_back({array + i, next_id_++, false});
      });
      expect_live();
    }
  }

  // The object after `which`, modulo their number, that can be destroyed alone.
  void destroy(std::size_t arena, std::size_t which) {
    if constexpr (kTraits.destroys_individually) {
      auto& live = live_[arena];
      for (std::size_t n = 0; n < live.size(); ++n) {
        const std::size_t at = (which + n) % live.size();
        if (!live[at].alone) continue;
        require_intact(live[at]);
        arenas_[arena].destroy(live[at].object);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      }
      expect_live();
    }
  }

  void clear(std::size_t arena) {
    if constexpr (kTraits.clears) {
      const std::size_t logged = Logged::log.size();
      arenas_[arena].clear();
      expect_destroyed(arena, logged, "clear()");
    }
  }

  // Moves the other arena into this one, whose objects end as they would with it.
  void take(std::size_t arena) {
    if constexpr (kTraits.moves) {
      const std::size_t logged = Logged::log.size();
      arenas_[arena] = std::move(arenas_[1 - arena]);
      if (kTraits.destroys_the_rest) expect_destroyed(arena, logged, "an assignment");
      forgotten_ += static_cast<long>(live_[arena].size());
      live_[arena] = std::exchange(live_[1 - arena], {});
      expect_live();
    }
  }

  void exchange() {
    if constexpr (kTraits.moves) {
      using std::swap;
      swap(arenas_[0], arenas_[1]);
      swap(live_[0], live_[1]);
    }
  }

  // Everything is as the oracle has it.
  void check() {
    for (std::size_t arena = 0; arena < 2; ++arena) expect(arena);
  }

 private:
  struct Live {
    Logged* object;
    long id;
    bool alone;  // not an element of an array
  };

  template <std::size_t... kArenas>
  explicit ObjectProgram(std::index_sequence<kArenas...>)
      : arenas_{(static_cast<void>(kArenas), make_subject<S>(upstream_))...} {}

  template <class Body>
  static void attempt(const Body& body) {
    try {
      body();
    } catch (const WitnessThrow&) {
    } catch (const std::bad_alloc&) {
      violated("an exception of the upstream passed through the arena");
    }
  }

  static void require_intact(const Live& live) {
    require(live.object->id() == live.id, "object %ld holds %ld", live.id, live.object->id());
  }

  void expect_live() const {
    const long expected = static_cast<long>(live_[0].size() + live_[1].size()) + forgotten_;
    require(Witness::live == expected, "%ld objects are live, and should be %ld", Witness::live, expected);
  }

  void expect(std::size_t arena) {
    const auto& live = live_[arena];
    for (const Live& one : live) require_intact(one);
    if constexpr (kTraits.iterates) {
      std::size_t seen = 0;
      arenas_[arena].for_each([&](Logged& object) {
        require(seen < live.size() && &object == live[seen].object, "the object visited as number %zu is %ld",
                seen, object.id());
        ++seen;
      });
      require(seen == live.size() && arenas_[arena].size() == live.size(),
              "%zu objects are visited, size() is %zu, and %zu are live", seen, arenas_[arena].size(),
              live.size());
    }
    require_invariants(arenas_[arena]);
  }

  void expect_destroyed(std::size_t arena, std::size_t logged, const char* by) {
    auto& live = live_[arena];
    const auto number = static_cast<long>(live.size());
    require(static_cast<long>(Logged::log.size() - logged) == number, "%s destroyed %zu objects of %ld", by,
            Logged::log.size() - logged, number);
    std::vector<long> expected;
    for (const Live& one : live) expected.push_back(one.id);
    if (kTraits.order == DestructionOrder::kReverse) std::reverse(expected.begin(), expected.end());
    if (kTraits.order == DestructionOrder::kUnspecified) {
      std::sort(Logged::log.begin() + static_cast<std::ptrdiff_t>(logged), Logged::log.end());
      std::sort(expected.begin(), expected.end());
    }
    for (std::size_t i = 0; i < expected.size(); ++i)
      require(Logged::log[logged + i] == expected[i], "%s destroyed object %ld where it should destroy %ld",
              by, Logged::log[logged + i], expected[i]);
    live.clear();
  }

  Upstream upstream_;
  S arenas_[2];
  std::vector<Live> live_[2];
  long next_id_ = 1;
  long forgotten_ = Witness::live;  // in arenas that destroy nothing, and ended or were assigned to
};

// After a program: what the end of both arenas must have left.
template <class Of>
void require_nothing_left() {
  if (ObjectProgram<Of>::kTraits.destroys_the_rest)
    require(Witness::live == 0, "%ld objects outlive their arena", Witness::live);
}

}  // namespace assay::suite::object
