// Finalizers that do what they may: make objects, make their own reachable again, tie it into new cycles,
// and drop others; where there is room for objects and where there is none.
#pragma once

#include <cstddef>

#include "suites/collector/faults/graphs.h"
#include "suites/collector/subject.h"

namespace assay::suite::collector {

// By its value: what its finalizer does.
template <class H>
class Restless : public Cell<H, Restless<H>> {
 public:
  using All = Array<Member<H, Restless>>;
  // Where finalizers find others.
  struct Stage {
    explicit Stage(Mutator<H>& mutator) : saved(mutator), held(mutator) {
      saved = made_array<Member<H, Restless>>(mutator, 16);
      held = made_array<Member<H, Restless>>(mutator, 64);
    }
    Persistent<H, All> saved, held;
  };

  Restless(Stage& stage, long value) : Cell<H, Restless>(value), stage_(&stage) { Tally::count(Tally::made); }
  Restless(const Restless&) = delete;
  ~Restless() {
    // A conservative heap may keep it to its end, where it is destroyed and not finalized.
    if constexpr (H::kTraits.precise)
      require(finalized_, "object %ld was destroyed and not finalized", this->value());
    this->end();
    Tally::count(Tally::destroyed);
  }

  void finalize(Mutator<H>& mutator) noexcept {
    const long value = this->value();
    require(!finalized_, "object %ld was finalized twice", value);
    finalized_ = true;
    Tally::count(Tally::finalized);
    if (this->left.get() != nullptr) this->left->value();
    All& saved = *stage_->saved.get();
    All& held = *stage_->held.get();
    switch (value % 5) {
      case 0:
        break;
      case 1:
        for (long i = 0; i < 20; ++i)
          if (mutator.template make<Node<H>>(i) == nullptr) break;
        mutator.template make_array<long>(100);
        break;
      case 2:  // in the place of another one
        saved[static_cast<std::size_t>(value) % saved.size()] = this;
        break;
      case 3: {
        Root<H, Restless> self(mutator);
        self = this;
        Restless* const other = mutator.template make<Restless>(*stage_, 0);
        if (other == nullptr) break;
        other->left = self.get();
        self->left = other;
        break;
      }
      default:
        for (std::size_t i = 0; i < 3; ++i)
          held[(static_cast<std::size_t>(value) + i * 7) % held.size()] = nullptr;
    }
  }

 private:
  Stage* stage_;
  bool finalized_ = false;
};

// Collects until finalizers have nothing more to do.
template <class H>
void collect_until_quiet(Mutator<H>& mutator) {
  for (long before = -1, now = 0; before != now;) {
    before = now;
    collect_all(mutator);
    if constexpr (H::kTraits.verifies) mutator.verify();
    now = Tally::finalized + Tally::destroyed;
  }
}

template <class H>
void finalize_all(const CollectorOptions& options, long objects) {
  H heap(options);
  Mutator<H> mutator(heap);
  typename Restless<H>::Stage stage(mutator);
  Root<H, Restless<H>> list(mutator);
  const auto adopt = [&](long value) {
    auto* const object = made<Restless<H>>(mutator, stage, value);
    object->left = list.get();
    if (list.get() != nullptr) list->right = object;  // and back: a cycle
    list = object;
  };
  for (long i = 0; i < objects; ++i) {
    adopt(i);
    if (i % 3 != 0) continue;
    auto* const object = made<Restless<H>>(mutator, stage, i / 3);
    (*stage.held.get())[static_cast<std::size_t>(i) % stage.held.get()->size()] = object;
  }
  Root<H, Node<H>> chain(mutator);
  long length = 0;
  if constexpr (H::kTraits.limits)
    if (options.limit != 0) length = make_until_full<H>(mutator, chain);
  list = nullptr;
  collect_until_quiet<H>(mutator);
  expect_countdown(chain.get(), length, "when finalizers had run");
  for (auto& object : *stage.saved.get())
    if (object.get() != nullptr) object->value();
  // Those that are reachable again, and those that are still.
  chain = nullptr;
  for (auto& object : *stage.saved.get()) object = nullptr;
  for (auto& object : *stage.held.get()) object = nullptr;
  for (int i = 0; i < 2; ++i) {
    collect_until_quiet<H>(mutator);
    for (auto& object : *stage.saved.get()) object = nullptr;
  }
  if constexpr (H::kTraits.precise) {
    require(Tally::finalized == Tally::made, "%ld of %ld unreachable objects were finalized",
            Tally::finalized.load(), Tally::made.load());
    if constexpr (H::kTraits.destroys)
      require(Tally::alive() == 0, "%ld objects were finalized and not destroyed", Tally::alive());
  }
}

template <class H>
void check_busy_finalizers() {
  if constexpr (!H::kTraits.finalizes || !H::kTraits.reclaims) {
    absent("claims no finalizers");
  } else {
    CollectorOptions options;
    for (const Schedule schedule : {Schedule::kExplicit, Schedule::kPaced, Schedule::kEveryAllocation}) {
      options.schedule = schedule;
      options.least_headroom = std::size_t{64} << 10;
      options.nursery = std::size_t{16} << 10;
      finalize_all<H>(options, schedule == Schedule::kEveryAllocation ? 60 : 600);
      if (!H::kTraits.limits || schedule == Schedule::kEveryAllocation) continue;
      options.limit = std::size_t{512} << 10;
      finalize_all<H>(options, 100);
      options.limit = 0;
    }
  }
}

}  // namespace assay::suite::collector
