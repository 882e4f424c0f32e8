// Epoch-based reclamation: a guard keeps all that its thread reads while it is pinned, for a few plain stores.
//
// Idea. A counter, the epoch, goes up only when every pinned thread has seen its present value. So a thread
// that was pinned before an object was unlinked is gone once the epoch has gone up far enough, and then the
// object is freed. Readers only say which epoch they saw; those who free do the rest.
//
//   epoch 7         threads:  │ pinned at 7 │ pinned at 6 │ not pinned │      cannot go up: one is at 6
//   one thread's garbage:  bag @4 ─> bag @5 ─> bag @7 ─> open bag
//                          freed at 7          freed at 10
//
// Invariants:
//   I1  the epoch goes from e to e + 1 only when every pinned thread has announced e
//   I2  a bag is stamped with an epoch read after all its objects were unlinked; sealed bags of a thread lie
//       in the order of their stamps
//   I3  a bag is freed when the epoch is kRipe above its stamp
//   I4  no guard is left when the domain ends
//
// Why I3 is enough. Let r be the stamp. A full fence lies between the unlinking and the reading of r, another
// (before_reading) in each advance between its reading the epoch and its looking at the threads. The advance
// from r + 1 has read an epoch that was written after r was read, so its fence comes after the stamp's: a
// reader that it does not see pinned finds the objects unlinked. One that it sees has announced r + 1, or
// the advance fails, and then makes that from r + 2 fail until it lets go. So none is left at r + 3.
//
// Costs. pin(): a thread-local comparison, a load and two stores; protect(): a load; letting go: two stores.
// retire(): 24 bytes, and for every kBag-th a look at each thread and perhaps one membarrier(2)
// (announcement.h). Memory: a record of 128 bytes and a spare bag of 3 KB a thread.
//
// What it does not do. A reader that stalls while pinned stops all freeing in the domain: garbage() tells by
// how much it has grown, and HazardDomain bounds it. An idle thread keeps up to kBag - 1 objects until it
// retires more, collects or ends; what ended threads leave goes to who frees next.
//
// Source: Fraser, "Practical lock-freedom" (2004), section 5.2.3; bags as in Rust's crossbeam-epoch.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <utility>

#include "allocators/check.h"
#include "pointers/announcement.h"
#include "pointers/domain_records.h"
#include "pointers/reclaimer_concept.h"
#include "pointers/retired.h"

namespace assay {

class EpochDomain {
  struct Record;

 public:
  static constexpr ReclaimerTraits kTraits{
      .protects_regions = true, .counts_records = true, .takes_upstream = true};

  // One word. Guards of one thread nest: only the outermost one announces.
  class Guard {
   public:
    Guard() noexcept = default;
    Guard(Guard&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(record_, other.record_);
      if (this != &other) other.reset();
      return *this;
    }
    ~Guard() { reset(); }

    // Acquire pairs with the release by which the object was put there.
    template <class T>
    T* protect(const std::atomic<T*>& source) const noexcept {
      return source.load(std::memory_order_acquire);
    }
    std::uintptr_t protect(const std::atomic<std::uintptr_t>& source) const noexcept {
      return source.load(std::memory_order_acquire);
    }

    void reset() noexcept {
      Record* const record = std::exchange(record_, nullptr);
      if (record == nullptr || --record->nesting != 0) return;
      // Release pairs with the acquire in all_have_seen(): what was read has been read before it is freed.
      record->announced.store(kNotPinned, std::memory_order_release);
    }

   private:
    friend class EpochDomain;
    explicit Guard(Record& record) noexcept : record_(&record) {}
    Record* record_ = nullptr;
  };

  // `upstream` must be thread-safe, and outlive the domain.
  explicit EpochDomain(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : upstream_(upstream), records_(upstream) {}
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;
  ~EpochDomain() { end(); }

  [[nodiscard]] Guard pin() {
    Record& record = mine();
    // Acquire pairs with the release in advance(): see "Why I3 is enough".
    if (record.nesting++ == 0) announcer_.announce(record.announced, epoch_.load(std::memory_order_acquire));
    return Guard(record);
  }

  void reserve() { open_bag(mine()); }

  template <class T, class Deleter = std::default_delete<T>>
  void retire(T* object, Deleter deleter = {}) {
    Record& record = mine();
    Bag& bag = open_bag(record);
    ::new (bag.place(bag.count)) Retired(object, deleter);
    ++bag.count;
    add_one(record.retired);
    if (bag.count == kBag) [[unlikely]]
      turn_over(record);
  }

  // Frees nothing while the calling thread or a stalled one is pinned. Throws std::bad_alloc when the
  // thread uses the domain for the first time.
  void collect() {
    Record& record = mine();
    if (record.freeing || ending_) return;
    adopt(record);
    for (;;) {
      if (record.open != nullptr && record.open->count > 0) seal(record);
      if (record.oldest == nullptr) return;
      if (!ripe(*record.oldest) && !advance()) return;
      free_ripe(record);
    }
  }

  // Exact while no other thread retires or frees. O(threads).
  std::size_t garbage() const noexcept {
    std::size_t retired = 0, freed = 0;  // relaxed: counts that order nothing
    records_.for_each([&](Record& record) { freed += record.freed.load(std::memory_order_relaxed); });
    records_.for_each([&](Record& record) { retired += record.retired.load(std::memory_order_relaxed); });
    return retired - freed;
  }

  std::size_t records() const noexcept { return records_.size(); }

  static constexpr std::size_t kBag = 128;   // objects
  static constexpr std::uint64_t kRipe = 3;  // epochs

 private:
  static constexpr std::uint64_t kNotPinned = 0;

  struct Bag {
    Bag* next;
    std::uint64_t stamp;
    std::size_t count;
    alignas(Retired) std::byte room[kBag * sizeof(Retired)];

    void* place(std::size_t i) noexcept { return room + i * sizeof(Retired); }
    Retired& at(std::size_t i) noexcept { return *std::launder(static_cast<Retired*>(place(i))); }
  };

  // Its thread's alone but for `announced` and the two counts.
  struct alignas(kRecordAlignment) Record : DomainRecord {
    explicit Record(const EpochDomain&) noexcept {}
    bool has_guards() const noexcept { return nesting != 0; }
    std::atomic<std::uint64_t> announced{kNotPinned};  // the epoch seen when pinned
    std::size_t nesting = 0;
    Bag* open = nullptr;
    Bag* oldest = nullptr;  // sealed
    Bag* newest = nullptr;
    Bag* spare = nullptr;
    std::atomic<std::size_t> retired{0}, freed{0};
    bool freeing = false;  // in free_ripe(): a deleter that retires must not free
  };

  Record& mine() { return records_.mine(*this); }

  // By the owner alone, so that a load and a store are enough; relaxed: counts order nothing.
  static void add_one(std::atomic<std::size_t>& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  Bag& open_bag(Record& record) {
    if (record.open == nullptr) [[unlikely]]
      make_bag(record);
    return *record.open;
  }

  [[gnu::noinline, gnu::cold]] void make_bag(Record& record) {
    Bag* bag = std::exchange(record.spare, nullptr);
    if (bag == nullptr) bag = ::new (upstream_->allocate(sizeof(Bag), alignof(Bag))) Bag;
    bag->count = 0;
    record.open = bag;
  }

  void give_back(Bag& bag) noexcept { upstream_->deallocate(&bag, sizeof(Bag), alignof(Bag)); }

  [[gnu::noinline, gnu::cold]] void turn_over(Record& record) noexcept {
    seal(record);
    if (record.freeing || ending_) return;
    adopt(record);
    advance();
    free_ripe(record);
  }

  void seal(Record& record) noexcept {
    Announcer::full_fence();  // between the unlinking of the objects and the stamp (I2)
    Bag& bag = *std::exchange(record.open, nullptr);
    bag.stamp = epoch_.load(std::memory_order_relaxed);
    insert(record, bag);
  }

  // Behind all that are not younger: at once, unless the bag was adopted.
  static void insert(Record& record, Bag& bag) noexcept {
    if (record.newest == nullptr || record.newest->stamp <= bag.stamp) {
      bag.next = nullptr;
      (record.newest == nullptr ? record.oldest : record.newest->next) = &bag;
      record.newest = &bag;
      return;
    }
    Bag** place = &record.oldest;
    while ((*place)->stamp <= bag.stamp) place = &(*place)->next;
    bag.next = *place;
    *place = &bag;
  }

  static Bag* take_oldest(Record& record) noexcept {
    Bag* const bag = record.oldest;
    record.oldest = bag->next;
    if (record.oldest == nullptr) record.newest = nullptr;
    return bag;
  }

  // The lock of adopt() orders the last use by the thread that ended before this.
  void adopt(Record& record) noexcept {
    records_.adopt([&](Record& dead) {
      if (dead.open != nullptr && dead.open->count > 0) seal(dead);
      while (dead.oldest != nullptr) insert(record, *take_oldest(dead));
    });
  }

  bool all_have_seen(std::uint64_t epoch) const noexcept {
    bool all = true;
    records_.for_each([&](Record& record) {
      // Acquire pairs with the release of reset(), or of a later announcement: reads end before the freeing.
      const std::uint64_t announced = record.announced.load(std::memory_order_acquire);
      all = all && (announced == kNotPinned || announced == epoch);
    });
    return all;
  }

  // False when a pinned thread has not seen the present epoch.
  bool advance() noexcept {
    // Acquire pairs with the release below: this advance comes after the one that it reads.
    std::uint64_t epoch = epoch_.load(std::memory_order_acquire);
    if (!all_have_seen(epoch))
      return false;               // spares the fence, and may be wrong in the other direction only
    announcer_.before_reading();  // pairs with announce() in pin()
    if (!all_have_seen(epoch)) return false;
    // Release publishes what all_have_seen() acquired to those who free; another's success is as good.
    epoch_.compare_exchange_strong(epoch, epoch + 1, std::memory_order_acq_rel, std::memory_order_acquire);
    return true;
  }

  // Acquire pairs with the release in advance(): all readers of the bag's objects have let go.
  bool ripe(const Bag& bag) const noexcept {
    return bag.stamp + kRipe <= epoch_.load(std::memory_order_acquire);
  }

  void free_ripe(Record& record) noexcept {
    record.freeing = true;
    while (record.oldest != nullptr && ripe(*record.oldest)) {
      Bag& bag = *take_oldest(record);
      for (std::size_t i = 0; i < bag.count; ++i) {
        add_one(record.freed);
        bag.at(i).destroy();
      }
      if (record.spare == nullptr)
        record.spare = &bag;
      else
        give_back(bag);
    }
    record.freeing = false;
  }

  // Deleters may go on using the domain: until no garbage is left.
  [[gnu::noinline]] void end() noexcept {
    ending_ = true;
    records_.for_each([](Record& record) {
      // Acquire pairs with the release of reset(), as if the guard's end had told us.
      if (record.announced.load(std::memory_order_acquire) != kNotPinned)
        trap("EpochDomain I4", "the domain ends while a thread is pinned");
    });
    for (bool again = true; again;) {
      again = false;
      records_.for_each([&](Record& record) {
        if (record.open != nullptr && record.open->count > 0) seal(record);
        while (record.oldest != nullptr) {
          again = true;
          Bag& bag = *take_oldest(record);
          for (std::size_t i = 0; i < bag.count; ++i) {
            add_one(record.freed);
            bag.at(i).destroy();
          }
          give_back(bag);
        }
      });
    }
    records_.for_each([&](Record& record) {
      for (Bag* const bag : {record.open, record.spare})
        if (bag != nullptr) give_back(*bag);
    });
  }

  // Read by all at every use, and hardly ever written.
  const Announcer announcer_;
  std::pmr::memory_resource* const upstream_;
  DomainRecords<Record> records_;
  bool ending_ = false;  // in end(): deleters must not free, lest they call each other without end
  alignas(kRecordAlignment) std::atomic<std::uint64_t> epoch_{kNotPinned + 1};
};

static_assert(Reclaimer<EpochDomain>);

}  // namespace assay
