// The collector of a MutantHeap: obviously right, not fast. Each defect of collector_defects.h breaks one
// clause.
//
// Idea. Every object has a malloc()ed cell of its own and a record in an ordered map. One lock for the whole
// process; who collects has stopped all other mutators of the heap at safepoints. Marking goes by a worklist
// that is given up and found again from the marked objects when it cannot grow. What is reclaimed is
// overwritten, and not used again for a while.
//
//   cells_: address -> MutantCell -> type        world(): all heaps        phases: idle, marking, sweeping
//
// Invariants
//   I1  a root ends before all roots that began before it, and before its mutator; mutators before their heap
//   I2  what a root or a reachable object refers to is an object of the same heap
//   I3  an old object that refers to a young one is in remembered_
//   I4  the cells are what was allocated and not reclaimed
//   I5  once marking has ended, what is reachable is marked until sweeping has come by
//
// A collection in slices keeps what was reachable when it began (Yuasa, "Real-time garbage collection on
// general-purpose machines", 1990): a store hands the reference that it overwrites to the worklist, and so
// does a look at a weak one. What is made during a collection survives it. A collection of the young also
// begins at the old objects that a store has put into remembered_ (Ungar, "Generation scavenging", 1984).
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "gc/concept.h"
#include "gc/pauses.h"
#include "suites/mutants/collector/collector_defects.h"
#include "suites/mutants/collector/mutant_cell.h"

namespace assay::mutant {

// What the collector knows of one mutator.
struct MutantThread {
  std::vector<MutantRootSlot*> roots;
  std::vector<MutantCell*> constructing, arguments;
  std::deque<MutantCell*> due;  // for their finalizers
  MutantCell* finalizing = nullptr;
  bool stopped = false;
  std::thread::id thread = std::this_thread::get_id();
  // For defects.
  bool parked = false, paced = false;  // paced: it collects of its own accord
  std::uint64_t number = 0;            // of the heap's, from 1
};

class MutantCollector {
 public:
  MutantCollector(const CollectorOptions& options, bool beside);
  MutantCollector(const MutantCollector&) = delete;
  ~MutantCollector();

  // Threads: mutant_threads.h.
  void attach(MutantThread& self);
  void detach(MutantThread& self);
  void park(MutantThread& self);
  void unpark(MutantThread& self);
  void safepoint(MutantThread& self);
  void add(MutantRootSlot& persistent);
  void remove(MutantRootSlot& persistent);
  void keep(const MutantRootSlot& root);
  void end_root(const MutantThread& self, const MutantRootSlot& root);

  // Cells: mutant_allocation.h.
  MutantCell* allocate(MutantThread& self, const MutantType& type, std::size_t bytes);
  void made(MutantThread& self, MutantCell& cell);
  void failed(MutantThread& self, MutantCell& cell);
  MutantCell* find(const void* object);
  static MutantCell* find_anywhere(const void* object);
  static MutantCell* find_around(const void* place);
  CollectorStats stats() const;

  // Collections.
  void collect(MutantThread& self, Collection what);
  bool step(MutantThread& self);
  void verify();

  // Barriers: mutant_barriers.h.
  void note_overwritten(MutantCell& cell);
  void note_store(MutantCell& holder, MutantCell& target);
  void step_in_barrier();
  bool rests() const { return rests_ > 0; }
  bool has_old() const { return stats_.promoted_objects > 0; }

  static std::recursive_mutex& world() {
    static std::recursive_mutex lock;
    return lock;
  }

 private:
  enum class Phase { kIdle, kMarking, kSweeping };
  struct Grey {
    MutantCell* cell;
    std::size_t position;  // in an array
  };
  using Cells = std::map<std::uintptr_t, MutantCell>;
  static constexpr std::size_t kSlice = 256;  // objects, or elements of arrays, of a slice
  static constexpr int kMostRests = 64;
  static constexpr std::size_t kElements = 64;  // that are looked at at a time

  // All other mutators stand still while one exists. Records the pause.
  class Stop {
   public:
    Stop(MutantCollector& heap, MutantThread& self, bool is_pause = true);
    ~Stop();

   private:
    MutantCollector& heap_;
    std::unique_lock<std::recursive_mutex> lock_;
    const bool is_pause_;
    std::uint64_t began_;
  };

  // mutant_threads.h
  static std::vector<MutantCollector*>& heaps();
  void pause(MutantThread& self, std::unique_lock<std::recursive_mutex>& lock);
  bool others_stopped(const MutantThread& self) const;
  void lose_buffer(const MutantThread& self);

  // mutant_allocation.h
  void obey_schedule(MutantThread& self, std::size_t bytes);
  void advance(MutantThread& self);
  MutantCell* try_allocate(MutantThread& self, const MutantType& type, std::size_t bytes);
  void reclaim(MutantCell& cell);
  void destroy(MutantCell& cell);
  void add_young(MutantCell& cell);
  void* new_place(const MutantType& type, std::size_t size);
  void give_back(void* object, std::size_t size);
  void run_finalizers(MutantThread& self);

  // mutant_marking.h
  template <class F>
  void for_each_root(F f);
  template <class F>
  void for_each_held(F f);
  bool misses_root(const MutantThread& mutator, std::size_t i) const;
  bool misses_reference(const MutantCell& holder, const MutantSlot& slot) const;
  bool is_dead(const MutantCell& cell) const;
  bool is_kept_though_dead(MutantCell& cell);
  bool is_due(MutantCell& cell);
  bool is_finalized_early(const MutantCell& cell) const;
  void take_words(const MutantCell& cell);
  void begin();
  void shade(void* object);
  void shade(MutantCell& cell);
  void push(Grey grey);
  void trace(MutantCell& cell);
  std::size_t trace(Grey grey, std::size_t most);
  void drain(std::size_t budget);
  bool mark_some(std::size_t budget);
  void clear_weaks();
  void end_marking(MutantThread& self);

  // mutant_beside.h
  void begin_beside();
  void end_beside();
  void mark_beside();
  void take_shaded();
  void keep_pace(MutantThread& self, std::size_t headroom);

  // mutant_collections.h
  bool sweep_some(std::size_t budget);
  void finish(MutantThread& self);
  void major(MutantThread& self);
  void minor(MutantThread& self);
  void end_finalizers(MutantThread& self, Collection what);
  void sweep_later_heaps(const MutantThread& self);
  void compact();
  void forward_again(MutantRootSlot& root);
  unsigned age_of_promotion() const;
  bool refers_to_marked(MutantCell& cell);
  bool refers_to_young(MutantCell& cell);

  const CollectorOptions options_;
  const bool beside_;  // marks on a thread of its own
  std::condition_variable_any changed_;
  std::vector<MutantThread*> mutators_;
  const MutantThread* collector_ = nullptr;  // who has stopped the others, or is about to
  std::unordered_set<MutantRootSlot*> persistents_;

  Cells cells_;
  std::vector<MutantCell*> young_;
  std::unordered_set<MutantCell*> remembered_, finalizable_;
  std::deque<std::pair<void*, std::size_t>> graves_;
  std::size_t buried_ = 0;  // bytes in graves_

  Phase phase_ = Phase::kIdle;
  bool minor_ = false, raising_ = false, overflowed_ = false;
  std::uint64_t epoch_ = 0;  // the number of the current or last collection
  std::vector<Grey> grey_;
  std::vector<MutantSlot*> weaks_;
  std::vector<MutantCell*> shaded_;          // by barriers, beside the marker
  std::uintptr_t swept_ = 0;                 // objects below this address are
  std::size_t allocated_ = 0, nursery_ = 0;  // bytes since the last collection, the last of the young
  std::uint64_t makes_ = 0, trimmed_ = 0;
  CollectorStats stats_;

  std::unique_ptr<std::thread> marker_;
  pid_t process_ = 0;
  bool ending_ = false;
  int rests_ = 0;  // calls of make() since nothing is left to mark

  // For defects.
  std::size_t taken_ = 0;                               // from shaded_, in this collection
  std::vector<MutantRootSlot> ended_;                   // that still count
  std::unordered_set<MutantCell*> once_stored_;         // to old objects since the last full collection
  std::unordered_set<std::uintptr_t> once_remembered_;  // addresses of the dead
  std::vector<MutantSlot*> late_weaks_;                 // that finalizers see
  bool null_ = false, refused_ = false;                 // once
  bool stepping_ = false, allocated_beside_ = false;
  int unasked_ = 0;
  std::uint64_t attached_ = 0, began_ = 0;
  std::size_t raised_ = 0, depth_ = 0, finalizers_ = 0, destroyed_ = 0, reserve_ = 0;
};

}  // namespace assay::mutant
