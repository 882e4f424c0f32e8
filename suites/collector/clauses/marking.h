// Collections that are under way while the program runs: GC-04, GC-19, GC-21, GC-24, GC-48 and GC-49.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/collector/clauses/stores.h"

namespace assay::suite::collector {

constexpr int kMostSteps = 20'000'000;

// One place of marking after another: holders with a long chain behind each, so that marking comes by at
// many different times.
template <class H>
void make_course(Mutator<H>& mutator, Root<H, Holder<H>>& first, int holders, int chain) {
  Root<H, Holder<H>> holder(mutator);
  Root<H, Node<H>> ballast(mutator);
  for (int i = 0; i < holders; ++i) {
    furnish<H>(mutator, holder);
    make_chain<Node<H>>(mutator, ballast, 0, chain);
    holder.get()->ballast = ballast.get();
    holder.get()->next = first.get();
    first = holder.get();
  }
}
template <class H>
std::vector<Holder<H>*> all_holders(Root<H, Holder<H>>& first) {
  std::vector<Holder<H>*> holders;
  for (Holder<H>* holder = first.get(); holder != nullptr; holder = holder->next.get())
    holders.push_back(holder);
  return holders;
}

// Goes on until a collection has ended, or for `most` rounds where that is not known. `work` between.
template <class H, class Work>
int advance_to_end(Mutator<H>& mutator, const Work& work, int most = 60) {
  int rounds = 0;
  while (!advance<H>(mutator)) {
    ++rounds;
    work();
    if (!H::kTraits.incremental && rounds == most) break;
    require(rounds < kMostSteps, "%d calls of step() have not ended a collection", rounds);
  }
  return rounds;
}

constexpr int kHolders = 16;

// What references travel to: an object with others behind it, since a barrier that marks it must have it
// traced too.
template <class H>
Node<H>* make_traveller(Mutator<H>& mutator, long value) {
  Root<H, Node<H>> first(mutator);
  make_chain<Node<H>>(mutator, first, value, 3);
  Node<H>* const aside = made<Node<H>>(mutator, -value);
  first.get()->right = aside;
  return first.get();
}
template <class H>
bool is_traveller(const Node<H>* first, long value) {
  if (first == nullptr || first->value() != value) return false;
  const char* const when = "referred to by an object that stores moved while marking was under way";
  expect_chain(first, value, 3, when);
  expect_value(first->right.get(), -value, when);
  return true;
}

// References travel from holder to holder, so that each target is at some time behind the marker and then
// before it, or the other way round.
template <class H>
void check_stores_while_marking() {
  if constexpr (!kMarksBeside<H>) {
    absent("claims no marking beside the program");
  } else {
    Random random(seed());
    for (const StorePath<H>& path : store_paths<H>()) {
      H heap(eager<H>());
      Mutator<H> mutator(heap);
      Root<H, Holder<H>> first(mutator), from(mutator);
      make_course<H>(mutator, first, kHolders, H::kTraits.incremental ? 120 : 1500);
      furnish<H>(mutator, from);
      std::vector<long> values;
      for (long i = 0; i < kHolders; ++i) {
        const long value = 1000 + 10 * i;
        Node<H>* const target = make_traveller<H>(mutator, value);
        path.store(*all_holders<H>(first)[static_cast<std::size_t>(i)], target, *from.get());
        values.push_back(value);
      }
      const auto expect_all = [&](const char* when) {
        const auto holders = all_holders<H>(first);
        for (std::size_t i = 0; i < kHolders; ++i) {
          require(is_traveller<H>(path.load(*holders[i]), values[i]),
                  "an object that %s hid from marking was reclaimed %s", path.name, when);
        }
      };
      for (int cycle = 0; cycle < 2; ++cycle) {
        [[maybe_unused]] int round = 0;
        const auto move_some = [&] {
          const auto holders = all_holders<H>(first);
          const std::size_t a = random.below(kHolders), b = random.below(kHolders),
                            c = random.below(kHolders);
          if (a == b || b == c || a == c) return;
          if (path.exchange != nullptr) {
            path.exchange(*holders[a], *holders[b]);
            std::swap(values[a], values[b]);
            return;
          }
          // Three change places, and the one on the way is nowhere in the heap.
          Node<H>* const taken = path.load(*holders[a]);
          path.store(*holders[a], path.load(*holders[b]), *from.get());
          path.store(*holders[b], path.load(*holders[c]), *from.get());
          path.store(*holders[c], taken, *from.get());
          const long value = values[a];
          values[a] = values[b];
          values[b] = values[c];
          values[c] = value;
        };
        const int rounds = advance_to_end<H>(mutator, [&] {
          if constexpr (H::kTraits.incremental) {
            // Steps may be so short that there are thousands.
            if (++round <= 400 || random.one_in(8)) move_some();
          } else {
            for (int i = 0; i < 300; ++i) move_some();  // so that a marking thread comes by in their midst
          }
        });
        if (cycle == 0 && &path == store_paths<H>().data()) note("%d steps", rounds);
        overwrite<Node<H>>(mutator, 2000);  // all cells of that size that came free
        expect_all("by that collection");
      }
      collect_all(mutator);
      overwrite<Node<H>>(mutator, 2000);
      expect_all("later");
    }
  }
}

// One of many places in old objects.
template <class H>
Member<H, Node<H>>& wide_place(Root<H, Holder<H>>& first, long number) {
  const auto at = static_cast<std::size_t>(number);
  return (*all_holders<H>(first)[at % kHolders]->wide.get())[at];
}

// Each new object is referred to by the one before it, by the oldest object and by a Root alone, in turn.
template <class H>
void check_made_while_marking() {
  if constexpr (!kMarksBeside<H>) {
    absent("claims no marking beside the program");
  } else {
    H heap(eager<H>());
    Mutator<H> mutator(heap);
    Root<H, Holder<H>> first(mutator);
    make_course<H>(mutator, first, kHolders, 120);
    Root<H, Node<H>> chain(mutator), own(mutator);
    Root<H, References<H>> array(mutator);
    Root<H, Array<long>> large(mutator);
    constexpr long kMost = 3000;
    for (int cycle = 0; cycle < 3; ++cycle) {
      long count = 0;
      chain = nullptr;
      own = nullptr;
      array = nullptr;
      large = nullptr;
      while (!advance<H>(mutator)) {
        if (count == kMost) {
          if (!H::kTraits.incremental) break;
          continue;
        }
        Node<H>* fresh = made<Node<H>>(mutator, count);
        fresh->left = chain.get();
        chain = fresh;
        fresh = made<Node<H>>(mutator, count);
        wide_place<H>(first, count) = fresh;
        if (count % 100 == 1) own = made<Node<H>>(mutator, count);
        if (count == 2) {
          array = made_array<Member<H, Node<H>>>(mutator, 20);
          fresh = made<Node<H>>(mutator, 2);
          (*array.get())[19] = fresh;
          large = made_array<long>(mutator, 10'000);
          (*large.get())[9'999] = 9'999;
        }
        ++count;
      }
      overwrite<Node<H>>(mutator, 200);
      for (int again = 0; again < 2; ++again) {
        const char* const when = "made while marking was under way";
        const Node<H>* at = chain.get();
        for (long value = count - 1; value >= 0; --value, at = at->left.get()) expect_value(at, value, when);
        for (long i = 0; i < count; ++i) expect_value(wide_place<H>(first, i).get(), i, when);
        if (count > 1) expect_value(own.get(), (count - 2) / 100 * 100 + 1, when);
        if (count > 2) {
          expect_value((*array.get())[19].get(), 2, when);
          require((*large.get())[9'999] == 9'999, "a large array was lost that was %s", when);
        }
        mutator.collect(Collection::kMajor);
        overwrite<Node<H>>(mutator, 200);
      }
    }
  }
}

template <class H>
void check_full_during_marking() {
  if constexpr (!kMarksBeside<H> || !kSeesReclaiming<H>) {
    absent("claims no marking beside the program, or nobody sees what it reclaims");
  } else {
    for (const int steps : {0, 1, 2, 5, 20, 100}) {
      H heap(eager<H>());
      Mutator<H> mutator(heap);
      Root<H, Node<H>> ballast(mutator);
      make_chain<Node<H>>(mutator, ballast, 0, 3000);
      collect_all(mutator);
      const long before = alive(heap);
      Root<H, Probe<H>> dropped(mutator);
      make_chain<Probe<H>>(mutator, dropped, 0, 400);
      for (int i = 0; i < steps && !advance<H>(mutator); ++i) continue;
      drop_chain<H>(dropped);
      mutator.collect(Collection::kMajor);
      if constexpr (!H::kTraits.precise) mutator.collect(Collection::kMajor);
      expect_gone(heap, before, 400, "after a full collection that began while another was marking");
    }
  }
}

template <class H>
struct WeakPlace {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(weak);
    visit(next);
  }
  Weak<H, Node<H>> weak;
  Member<H, WeakPlace> next;
};

// Nothing but Weaks refers to the targets when marking begins.
template <class H>
void check_weak_read_while_marking() {
  if constexpr (!kMarksBeside<H> || !H::kTraits.has_weak) {
    absent("claims no marking beside the program, or no weak references");
  } else {
    constexpr long kTargets = 40;
    for (int attempt = 0; attempt < 4; ++attempt) {
      H heap(eager<H>());
      Mutator<H> mutator(heap);
      Root<H, Holder<H>> first(mutator);
      make_course<H>(mutator, first, kHolders, 120);
      Root<H, WeakPlace<H>> weaks(mutator);
      Root<H, Node<H>> kept(mutator);
      for (long i = 0; i < kTargets; ++i) {
        WeakPlace<H>* const place = made<WeakPlace<H>>(mutator);
        place->next = weaks.get();
        weaks = place;
        Node<H>* const target = made<Node<H>>(mutator, kTargets - 1 - i);
        weaks.get()->weak = target;
      }
      long read = 0;
      std::vector<bool> found(kTargets, false);
      advance_to_end<H>(mutator, [&] {
        if (read == kTargets) return;
        WeakPlace<H>* place = weaks.get();
        for (long i = 0; i < read; ++i) place = place->next.get();
        Node<H>* const target = place->weak.get();
        const auto at = static_cast<std::size_t>(read++);
        if (target == nullptr) return;
        expect_value(target, static_cast<long>(at), "read from a Weak while marking was under way");
        found[at] = true;
        if (attempt % 2 == 0) {
          wide_place<H>(first, static_cast<long>(at)) = target;
        } else {
          target->right = kept.get();
          kept = target;
        }
      });
      overwrite<Node<H>>(mutator, 200);
      const auto expect_all = [&](const char* when) {
        const Node<H>* at = kept.get();
        for (long i = kTargets - 1; i >= 0; --i) {
          if (!found[static_cast<std::size_t>(i)]) continue;
          if (attempt % 2 == 0) {
            expect_value(wide_place<H>(first, i).get(), i, when);
          } else {
            expect_value(at, i, when);
            at = at->right.get();
          }
        }
      };
      expect_all("read from a Weak while marking was under way");
      collect_all(mutator);
      overwrite<Node<H>>(mutator, 100);
      expect_all("read from a Weak while marking was under way, later");
      const WeakPlace<H>* place = weaks.get();
      for (long i = 0; i < kTargets; ++i, place = place->next.get())
        if (found[static_cast<std::size_t>(i)])
          expect_value(place->weak.get(), i, "whose Weak was read while marking was under way");
    }
  }
}

template <class H>
void check_steps() {
  if constexpr (!kClaims<H>.incremental) {
    absent("claims no step()");
  } else {
    CollectorOptions options = told();
    options.slice = 1;
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, Node<H>> ballast(mutator);
    int steps[2];
    for (const int large : {0, 1}) {
      make_chain<Node<H>>(mutator, ballast, 0, large == 0 ? 10'000 : 100'000);
      mutator.collect(Collection::kMajor);
      for (int cycle = 0; cycle < 2; ++cycle) {
        steps[large] = 1;
        for (; !mutator.step(); ++steps[large])
          require(steps[large] < kMostSteps, "%d calls of step() have not ended a collection", steps[large]);
      }
    }
    note("%d steps for 10,000 objects, %d for 100,000", steps[0], steps[1]);
    require(steps[1] >= 10, "%d calls of step() with the shortest slice collect 100,000 objects", steps[1]);
    require(steps[1] >= 2 * steps[0], "%d calls of step() collect 10,000 objects, and %d 100,000", steps[0],
            steps[1]);
    expect_chain(ballast.get(), 0, 100'000, "after collections by step()");
    // A program that allocates between the steps does not keep the collection from its end.
    int count = 0;
    for (; !mutator.step(); ++count) {
      require(count < kMostSteps, "%d calls of step() beside allocation have not ended a collection", count);
      made<Node<H>>(mutator, kRubbish);
    }
  }
}

template <class H>
void check_garbage_of_steps() {
  if constexpr (!kClaims<H>.incremental || !kClaims<H>.destroys) {
    absent("claims no step(), or no destructors");
  } else {
    H heap(eager<H>());
    Mutator<H> mutator(heap);
    Root<H, Probe<H>> kept(mutator), dropped(mutator);
    make_chain<Probe<H>>(mutator, kept, 0, 2000);
    for (int round = 0; round < 5; ++round) {
      make_chain<Probe<H>>(mutator, dropped, 0, 1000);
      for (int i = 0; i < round * 10 && !mutator.step(); ++i) continue;
      drop_chain<H>(dropped);
      for (int ended = 0; ended < 2;) ended += mutator.step();
      expect_gone(heap, 2000, 1000, "after two collections by step()");
    }
    expect_chain(kept.get(), 0, 2000, "after collections by step()");
  }
}

template <class H>
struct MarkingClauses {
  Clause made{"GC-04", ClauseClass::kViolation, "CONTRACT GC-04",
              "An object made while marking is under way survives that collection",
              &check_made_while_marking<H>};
  Clause stores{
      "GC-19", ClauseClass::kViolation, "CONTRACT GC-03; Yuasa 1990",
      "While marking is under way, no way to store a reference hides an object that stays reachable",
      &check_stores_while_marking<H>};
  Clause full{"GC-21", ClauseClass::kViolation, "gc/concept.h",
              "A full collection begun while another is under way leaves nothing unreachable",
              &check_full_during_marking<H>};
  Clause weak{"GC-24", ClauseClass::kViolation, "gc/concept.h",
              "An object read from a Weak while marking is under way survives that collection",
              &check_weak_read_while_marking<H>};
  Clause steps{"GC-48", ClauseClass::kViolation, "gc/concept.h",
               "step() does a bounded part of a collection, and finitely many end it", &check_steps<H>};
  Clause garbage{"GC-49", ClauseClass::kViolation, "CONTRACT GC-05",
                 "Garbage is gone after two collections by step()", &check_garbage_of_steps<H>};
};

}  // namespace assay::suite::collector
