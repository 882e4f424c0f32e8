// A domain of reclamation that is obviously right: one lock, a list of guards and a list of what is retired.
// Each defect of reclamation_defects.h breaks one clause.
//
// Of pointers, a guard keeps the object whose address it has; of regions, all that is retired after it was
// pinned. protect() reads the source under the lock that a scan takes, so that an object is either seen by
// the scan or found unlinked.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "pointers/reclaimer_concept.h"
#include "suites/core/race_window.h"
#include "suites/mutants/reclamation/reclamation_defects.h"

namespace assay::mutant {

struct Pin {
  std::thread::id thread;
  std::uint64_t number;  // retirements before it
  std::uintptr_t object = 0;
};

struct Waiting {
  std::uintptr_t object;
  std::function<void()> destroy;
  std::thread::id thread;
  std::uint64_t number;            // of its retirement
  void* ticket;                    // the upstream's
  int scans = 0, collections = 0;  // that kept it
};

// What a domain knows, under its lock. A thread that ends finds it by a weak pointer.
class MutantState {
 public:
  explicit MutantState(std::pmr::memory_resource* upstream_) : upstream(upstream_) {}

  struct Member {
    void* record = nullptr;
    std::vector<void*> tickets;  // reserved
  };

  // The calling thread's, from now on. Throws what the upstream throws.
  Member& enroll(const std::shared_ptr<MutantState>& self, const void* domain) {
    const auto found = members.find(std::this_thread::get_id());
    if (found != members.end()) return found->second;
    thread_local std::set<const void*> places;
    const bool known = !places.insert(domain).second && thread_keeps_its_place_in_next_domain;
    if (free_records.empty() && !known) {
      free_records.push_back(upstream->allocate(kRecord));
      records.push_back(free_records.back());
    }
    Member& member = members[std::this_thread::get_id()];
    if (!known) {
      member.record = free_records.back();
      free_records.pop_back();
    }
    thread_local Memberships memberships;
    memberships.states.push_back(self);
    return member;
  }

  void* ticket_of(Member& member) {
    if (member.tickets.empty()) return upstream->allocate(kTicket);
    void* const ticket = member.tickets.back();
    member.tickets.pop_back();
    return ticket;
  }

  void give_back(Waiting& waiting) {
    if (waiting.ticket != nullptr) upstream->deallocate(std::exchange(waiting.ticket, nullptr), kTicket);
  }

  void leave(std::thread::id thread) {
    const std::lock_guard lock(busy);
    const auto found = members.find(thread);
    if (found == members.end()) return;
    for (void* ticket : found->second.tickets) upstream->deallocate(ticket, kTicket);
    if (!records_are_never_reused && found->second.record != nullptr)
      free_records.push_back(found->second.record);
    members.erase(found);
    if (!garbage_of_ended_thread_is_lost) return;
    for (Waiting& waiting : retired)
      if (waiting.thread == thread) lost.push_back(std::move(waiting));
    std::erase_if(retired, [&](const Waiting& waiting) { return waiting.thread == thread; });
  }

  // Before the domain's end: nothing is given to the upstream after that.
  void close() {
    const std::lock_guard lock(busy);
    for (auto& [thread, member] : members)
      for (void* ticket : member.tickets) upstream->deallocate(ticket, kTicket);
    members.clear();
    if (record_is_kept_for_good && !records.empty()) records.pop_back();
    for (void* record : records) upstream->deallocate(record, kRecord);
    for (Pin* pin : pins) delete pin;
  }

  static constexpr std::size_t kRecord = 64, kTicket = 16;

  std::mutex busy;
  std::pmr::memory_resource* const upstream;
  std::map<std::thread::id, Member> members;
  std::vector<void*> records, free_records;
  std::vector<Pin*> pins;
  std::vector<Waiting> retired, lost;
  std::uint64_t number = 0;  // retirements
  std::size_t rarer = 1;

 private:
  struct Memberships {
    std::vector<std::weak_ptr<MutantState>> states;
    ~Memberships() {
      for (const auto& weak : states)
        if (const auto state = weak.lock()) state->leave(std::this_thread::get_id());
    }
  };
};

template <bool kRegions>
class MutantDomain {
  static constexpr std::size_t kMostGuards = 8, kFewest = 64;

 public:
  static constexpr ReclaimerTraits kTraits{.protects_regions = kRegions,
                                           .bounded_garbage = !kRegions,
                                           .counts_records = true,
                                           .takes_upstream = true,
                                           .most_guards = kMostGuards};

  class Guard {
   public:
    Guard() noexcept = default;
    Guard(Guard&& other) noexcept : domain_(other.domain_), pin_(std::exchange(other.pin_, nullptr)) {
      if (moved_guard_loses_its_object && pin_ != nullptr) domain_->set(*pin_, 0);
    }
    Guard& operator=(Guard&& other) noexcept {
      if (this == &other) return *this;
      if (moved_to_guard_keeps_its_object)
        pin_ = nullptr;
      else
        reset();
      domain_ = other.domain_;
      pin_ = std::exchange(other.pin_, nullptr);
      return *this;
    }
    ~Guard() {
      if (guard_survives_exception && std::uncaught_exceptions() > 0) return;
      reset();
    }

    template <class T>
    T* protect(const std::atomic<T*>& source) noexcept {
      return domain_->protect(*pin_, source,
                              [](T* object) { return reinterpret_cast<std::uintptr_t>(object); });
    }
    std::uintptr_t protect(const std::atomic<std::uintptr_t>& source) noexcept {
      return domain_->protect(
          *pin_, source, [](std::uintptr_t word) { return tag_hides_the_object ? word : word & ~kTagBits; });
    }
    void reset() noexcept {
      if (pin_ != nullptr) domain_->unpin(std::exchange(pin_, nullptr));
    }

   private:
    friend class MutantDomain;
    Guard(MutantDomain& domain, Pin* pin) noexcept : domain_(&domain), pin_(pin) {}
    MutantDomain* domain_ = nullptr;
    Pin* pin_ = nullptr;
  };

  explicit MutantDomain(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : state_(std::make_shared<MutantState>(upstream)) {}
  MutantDomain(const MutantDomain&) = delete;
  ~MutantDomain() {
    if (end_leaks_one_of_many && state_->retired.size() >= 30) {
      state_->give_back(state_->retired.back());
      state_->retired.pop_back();
    }
    for (;;) {
      std::vector<Waiting> doomed;
      {
        const std::lock_guard lock(state_->busy);
        doomed.swap(state_->retired);
        std::move(state_->lost.begin(), state_->lost.end(), std::back_inserter(doomed));
        state_->lost.clear();
      }
      if (doomed.empty()) break;
      free(doomed);
    }
    state_->close();
    all_states().erase(this);
  }

  Guard pin() {
    const std::lock_guard lock(state_->busy);
    state_->enroll(state_, this);
    const auto own =
        static_cast<std::size_t>(std::count_if(state_->pins.begin(), state_->pins.end(), [](const Pin* pin) {
          return pin->thread == std::this_thread::get_id();
        }));
    if (own >= kMostGuards + one_guard_more - one_guard_less) {
      std::fputs("MutantDomain I1: too many guards\n", stderr);
      std::abort();
    }
    state_->pins.push_back(new Pin{std::this_thread::get_id(), state_->number});
    return Guard(*this, state_->pins.back());
  }

  void reserve() {
    const std::lock_guard lock(state_->busy);
    auto& member = state_->enroll(state_, this);
    if (member.tickets.empty()) member.tickets.push_back(state_->upstream->allocate(MutantState::kTicket));
  }

  template <class T, class Deleter = std::default_delete<T>>
  void retire(T* object, Deleter deleter = {}) {
    bool full;
    {
      const std::lock_guard lock(state_->busy);
      auto& member = state_->enroll(state_, this);
      if (another_domain_is_collected) all_states()[this] = state_;
      if (freeing() > 0 && retired_by_deleter_is_lost) return;
      Waiting waiting{reinterpret_cast<std::uintptr_t>(object), {}, std::this_thread::get_id(), 0, nullptr};
      if (given_deleter_is_ignored)
        waiting.destroy = [object] { delete object; };
      else
        waiting.destroy = [object, deleter]() mutable { deleter(object); };
      waiting.ticket = state_->ticket_of(member);
      waiting.number = ++state_->number;
      state_->retired.push_back(std::move(waiting));
      full = kRegions ? state_->number % kFewest == 0 : state_->retired.size() >= most() * state_->rarer;
    }
    if (!full) return;
    if (automatic_collections_become_rarer) state_->rarer *= 2;
    scan(*state_, *state_, false, false);
  }

  void collect() {
    {
      const std::lock_guard lock(state_->busy);
      state_->enroll(state_, this);
    }
    scan(*state_, *state_, true, false);
    if (another_domain_is_collected)
      for (const auto& [domain, state] : all_states())
        if (state != state_) scan(*state, *state_, true, true);
  }

  std::size_t garbage() const noexcept {
    const std::lock_guard lock(state_->busy);
    std::size_t count = state_->retired.size() + state_->lost.size();
    if (garbage_forgets_what_was_kept)
      for (const Waiting& waiting : state_->retired) count -= waiting.scans > 0;
    return count;
  }
  std::size_t most_garbage() const noexcept {
    const std::lock_guard lock(state_->busy);
    return most();
  }
  std::size_t records() const noexcept {
    const std::lock_guard lock(state_->busy);
    return state_->records.size();
  }

 private:
  using States = std::map<const void*, std::shared_ptr<MutantState>>;

  // Of the calling thread, which is how a defect comes to know other domains.
  static States& all_states() {
    thread_local States states;
    return states;
  }
  static int& freeing() {
    thread_local int depth = 0;
    return depth;
  }

  std::size_t most() const noexcept { return kFewest + kMostGuards * state_->records.size(); }

  void set(Pin& pin, std::uintptr_t object) noexcept {
    const std::lock_guard lock(state_->busy);
    pin.object = object;
  }

  template <class V, class Address>
  V protect(Pin& pin, const std::atomic<V>& source, Address address) noexcept {
    if (published_without_second_look && !kRegions) {
      const V value = source.load(std::memory_order_acquire);
      for (int i = 0; i < 10 && source.load(std::memory_order_acquire) == value; ++i)
        suite::open_race_window();
      suite::open_race_window();
      set(pin, address(value));
      return value;
    }
    const std::lock_guard lock(state_->busy);
    const V value = source.load(std::memory_order_acquire);
    pin.object = address(value);
    return value;
  }

  void unpin(Pin* pin) noexcept {
    const std::lock_guard lock(state_->busy);
    std::erase(state_->pins, pin);
    if (end_of_guard_unpins_its_object)
      for (Pin* other : state_->pins)
        if (other->thread == pin->thread && other->object == pin->object) other->object = 0;
    delete pin;
  }

  static bool kept(const MutantState& state, const Waiting& waiting) {
    return std::any_of(state.pins.begin(), state.pins.end(), [&](const Pin* pin) {
      if (kRegions)
        return pin->number < waiting.number &&
               !(pinned_reader_is_left_behind && state.number - pin->number > 1000);
      return pin->object == waiting.object && !(protection_expires && state.number - waiting.number > 200);
    });
  }

  // What `of` has retired and no guard of `by` keeps.
  static void scan(MutantState& of, MutantState& by, bool collects, bool own_only) {
    std::vector<Waiting> doomed;
    {
      const std::lock_guard lock(of.busy);
      std::vector<Waiting> left, again;
      bool stopped = false;
      for (Waiting& waiting : of.retired) {
        const bool keep =
            stopped || kept(by, waiting) || (own_only && waiting.thread != std::this_thread::get_id());
        if (!keep) {
          of.give_back(waiting);
          doomed.push_back(std::move(waiting));
          continue;
        }
        stopped = collect_stops_at_what_is_kept && collects;
        ++waiting.scans;
        if (collects && ++waiting.collections == 20 && kept_long_is_freed_twice) {
          again.push_back(waiting);
          again.back().ticket = nullptr;
        }
        left.push_back(std::move(waiting));
      }
      of.retired = std::move(left);
      std::move(again.begin(), again.end(), std::back_inserter(of.retired));
    }
    destroy(doomed);
  }

  void free(std::vector<Waiting>& doomed) {
    {
      const std::lock_guard lock(state_->busy);
      for (Waiting& waiting : doomed) state_->give_back(waiting);
    }
    destroy(doomed);
  }

  static void destroy(std::vector<Waiting>& doomed) {
    ++freeing();
    for (Waiting& waiting : doomed) waiting.destroy();
    --freeing();
  }

  std::shared_ptr<MutantState> state_;
};

static_assert(Reclaimer<MutantDomain<false>> && Reclaimer<MutantDomain<true>>);

}  // namespace assay::mutant
