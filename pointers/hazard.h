// Hazard pointers: a guard names the one object that it keeps, so that a reader who stalls keeps no other.
//
// Idea. Before a reader uses an object it writes the address where all can see it, its hazard, and looks
// whether the object is still linked. Who frees looks at all hazards first and keeps what is named there.
//
//   hazards of thread 1  │ A │ – │ C │ – │ – │ – │ – │ – │
//              thread 2  │ C │ – │ – │ – │ – │ – │ – │ – │
//   retired by thread 2  │ B │ C │ D │ … until limit: then B and D are freed, C waits
//
// Invariants:
//   I1  an address read from a hazard's source after the hazard was announced is not freed while it is there
//   I2  an object is freed by a scan that began after it was retired and that met no hazard with its address
//   I3  a thread has at most `limit` objects retired and not freed, unless one of its deleters is running,
//       where limit = max(kFewest, 2 * hazards of all records)
//   I4  a thread has at most kHazards guards at one time, and none is left when the domain ends
//
// Garbage. With R records (threads that used the domain, at most at one time) there are R * kHazards hazards.
// A scan leaves at most one object for each, half of the limit, and frees the rest, whoever stalls: so in all
// never more than most_garbage() = R * max(kFewest, 2 * R * kHazards) objects wait. What a deleter retires
// waits until it returns; and a scan begins with what threads that have ended left behind, which is not
// counted again while it runs: new threads that take their records may retire as much until it is over.
//
// Costs. pin() takes a free hazard of the thread's list; protect(): two loads of the source and one store,
// with no fence where membarrier(2) works (announcement.h); letting go: two stores. retire(): 24 bytes, and
// for every limit / 2 a scan: a membarrier(2), a look at each hazard and O(limit * log hazards) comparisons.
//
// What it does not do. A guard keeps the latest object it protected, no other: what that one points to needs
// a guard of its own, and a look whether it was still linked then. EpochDomain is cheaper for traversals.
// Addresses are compared: a guard of a base that does not begin where the object does keeps nothing.
//
// Source: Michael, "Hazard pointers: safe memory reclamation for lock-free objects" (IEEE TPDS, 2004).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
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

class HazardDomain {
  struct Record;
  struct Hazard;

 public:
  static constexpr std::size_t kHazards = 8;   // of a thread
  static constexpr std::size_t kFewest = 256;  // objects between two scans, so that a fence is shared by many

  static constexpr ReclaimerTraits kTraits{
      .bounded_garbage = true, .counts_records = true, .takes_upstream = true, .most_guards = kHazards};

  // Two words.
  class Guard {
   public:
    Guard() noexcept = default;
    Guard(Guard&& other) noexcept : hazard_(std::exchange(other.hazard_, nullptr)), record_(other.record_) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(hazard_, other.hazard_);
      std::swap(record_, other.record_);
      if (this != &other) other.reset();
      return *this;
    }
    ~Guard() { reset(); }

    template <class T>
    T* protect(const std::atomic<T*>& source) const noexcept {
      return announce(source, [](T* object) {
        return const_cast<const void*>(static_cast<const volatile void*>(object));
      });
    }
    std::uintptr_t protect(const std::atomic<std::uintptr_t>& source) const noexcept {
      return announce(source,
                      [](std::uintptr_t word) { return reinterpret_cast<const void*>(word & ~kTagBits); });
    }

    void reset() noexcept {
      Hazard* const hazard = std::exchange(hazard_, nullptr);
      if (hazard == nullptr) return;
      // Release pairs with the acquire in scan(): what was read has been read before it is freed.
      hazard->object.store(nullptr, std::memory_order_release);
      hazard->next = record_->free;
      record_->free = hazard;
    }

   private:
    friend class HazardDomain;
    Guard(Hazard& hazard, Record& record) noexcept : hazard_(&hazard), record_(&record) {}

    template <class V, class Address>
    V announce(const std::atomic<V>& source, Address address) const noexcept {
      V value = source.load(std::memory_order_relaxed);  // only a guess: what is used is read below
      for (;;) {
        record_->announcer.announce(hazard_->object,
                                    address(value));  // pairs with before_reading() in scan()
        // Acquire pairs with the release by which the object was put there.
        const V again = source.load(std::memory_order_acquire);
        if (again == value) [[likely]]
          return value;
        value = again;
      }
    }

    Hazard* hazard_ = nullptr;
    Record* record_ = nullptr;
  };

  // `upstream` must be thread-safe, and outlive the domain.
  explicit HazardDomain(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : upstream_(upstream), records_(upstream) {}
  HazardDomain(const HazardDomain&) = delete;
  HazardDomain& operator=(const HazardDomain&) = delete;
  ~HazardDomain() { end(); }

  [[nodiscard]] Guard pin() {
    Record& record = mine();
    Hazard* const hazard = record.free;
    if (hazard == nullptr) [[unlikely]]
      trap("HazardDomain I4", "a thread has more than %zu guards", kHazards);
    record.free = hazard->next;
    return Guard(*hazard, record);
  }

  void reserve() { require_room(mine()); }

  template <class T, class Deleter = std::default_delete<T>>
  void retire(T* object, Deleter deleter = {}) {
    Record& record = mine();
    require_room(record);
    ::new (record.place(record.count)) Retired(object, deleter);
    ++record.count;
    add_one(record.retired);
    if (record.count >= record.limit) [[unlikely]]
      clean(record);
  }

  // Throws std::bad_alloc when the thread uses the domain for the first time.
  void collect() {
    Record& record = mine();
    if (record.freeing || ending_) return;
    adopt(record);
    while (record.count > 0 && scan(record)) {
    }
  }

  // Exact while no other thread retires or frees. O(threads).
  std::size_t garbage() const noexcept {
    std::size_t retired = 0, freed = 0;  // relaxed: counts that order nothing
    records_.for_each([&](Record& record) { freed += record.freed.load(std::memory_order_relaxed); });
    records_.for_each([&](Record& record) { retired += record.retired.load(std::memory_order_relaxed); });
    return retired - freed;
  }

  std::size_t most_garbage() const noexcept { return records_.size() * limit(); }
  std::size_t records() const noexcept { return records_.size(); }

 private:
  struct Hazard {
    std::atomic<const void*> object{nullptr};
    Hazard* next = nullptr;  // that is free
  };

  // Its thread's alone but for the objects of the hazards and the two counts.
  struct alignas(kRecordAlignment) Record : DomainRecord {
    explicit Record(const HazardDomain& domain) noexcept
        : announcer(domain.announcer_), limit(domain.limit()) {
      for (std::size_t i = 0; i + 1 < kHazards; ++i) hazards[i].next = &hazards[i + 1];
    }
    bool has_guards() const noexcept {
      std::size_t idle = 0;
      for (const Hazard* hazard = free; hazard != nullptr; hazard = hazard->next) ++idle;
      return idle != kHazards;
    }
    void* place(std::size_t i) noexcept { return static_cast<Retired*>(room) + i; }
    Retired& at(std::size_t i) noexcept { return *std::launder(static_cast<Retired*>(place(i))); }

    Hazard hazards[kHazards];
    Hazard* free = hazards;
    const Announcer announcer;  // the domain's, where a guard finds it
    void* room = nullptr;       // for `capacity` objects
    std::size_t count = 0, capacity = 0, limit;
    std::atomic<std::size_t> retired{0}, freed{0};
    bool freeing = false;  // in scan(): a deleter that retires must not free
  };

  Record& mine() { return records_.mine(*this); }

  std::size_t limit() const noexcept { return std::max(kFewest, 2 * kHazards * records_.size()); }

  // By the owner alone, so that a load and a store are enough; relaxed: counts order nothing.
  static void add_one(std::atomic<std::size_t>& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void require_room(Record& record) {
    if (record.count == record.capacity) [[unlikely]]
      grow(record, std::max(record.limit, 2 * record.capacity));
  }

  [[gnu::noinline, gnu::cold]] void grow(Record& record, std::size_t capacity) {
    void* const room = upstream_->allocate(capacity * sizeof(Retired), alignof(Retired));
    std::uninitialized_copy_n(static_cast<Retired*>(record.room), record.count, static_cast<Retired*>(room));
    give_back(record);
    record.room = room;
    record.capacity = capacity;
  }

  void give_back(Record& record) noexcept {
    if (record.room != nullptr)
      upstream_->deallocate(record.room, record.capacity * sizeof(Retired), alignof(Retired));
    record.room = nullptr;
    record.capacity = 0;
  }

  [[gnu::noinline, gnu::cold]] void clean(Record& record) noexcept {
    if (record.freeing || ending_) return;
    adopt(record);
    do {
      record.limit = limit();
    } while (record.count >= record.limit && scan(record));
  }

  // The lock of adopt() orders the last use by the thread that ended before this.
  void adopt(Record& record) noexcept {
    records_.adopt([&](Record& dead) {
      if (dead.count == 0) return;
      if (record.capacity - record.count < dead.count) {
        try {
          grow(record, record.count + dead.count);
        } catch (const std::bad_alloc&) {
          return;  // the record's next thread, or the end of the domain, will free them
        }
      }
      for (std::size_t i = 0; i < dead.count; ++i) ::new (record.place(record.count++)) Retired(dead.at(i));
      dead.count = 0;
    });
  }

  // Frees what no hazard names; false if that was nothing.
  bool scan(Record& record) noexcept {
    record.freeing = true;
    announcer_.before_reading();  // pairs with announce() in protect()
    const std::size_t count = record.count;
    const std::size_t kept = keep_hazardous(record, count);
    for (std::size_t i = kept; i < count; ++i) {
      Retired doomed = record.at(i);  // a copy: its deleter may retire, and so move the others
      add_one(record.freed);
      doomed.destroy();
    }
    for (std::size_t i = count; i < record.count; ++i) record.at(kept + i - count) = record.at(i);
    record.count -= count - kept;
    record.freeing = false;
    return kept < count;
  }

  // Moves those that a hazard names to the front, and returns how many they are.
  std::size_t keep_hazardous(Record& record, std::size_t count) const noexcept {
    const void* found[kAtOnce];
    std::size_t kept = 0, hazards = 0;
    const auto keep = [&] {
      std::sort(found, found + hazards, std::less<>());
      for (std::size_t i = kept; i < count; ++i)
        if (std::binary_search(found, found + hazards, record.at(i).object(), std::less<>()))
          std::swap(record.at(i), record.at(kept++));
      hazards = 0;
    };
    records_.for_each([&](Record& other) {
      for (const Hazard& hazard : other.hazards) {
        // Acquire pairs with the release of reset(), or of a later announcement: reads end before the
        // freeing.
        const void* const object = hazard.object.load(std::memory_order_acquire);
        if (object == nullptr) continue;
        found[hazards++] = object;
        if (hazards == kAtOnce) keep();
      }
    });
    if (hazards > 0) keep();
    return kept;
  }

  // Deleters may go on using the domain: until no garbage is left.
  [[gnu::noinline]] void end() noexcept {
    ending_ = true;
    records_.for_each([](Record& record) {
      for (const Hazard& hazard : record.hazards)
        // Acquire pairs with the release of reset(), as if the guard's end had told us.
        if (hazard.object.load(std::memory_order_acquire) != nullptr)
          trap("HazardDomain I4", "the domain ends while a guard protects %p",
               hazard.object.load(std::memory_order_relaxed));
    });
    for (bool again = true; again;) {
      again = false;
      records_.for_each([&](Record& record) {
        while (record.count > 0) {
          again = true;
          Retired doomed = record.at(--record.count);
          add_one(record.freed);
          doomed.destroy();
        }
      });
    }
    records_.for_each([&](Record& record) { give_back(record); });
  }

  static constexpr std::size_t kAtOnce = 128;  // hazards looked for in one pass over the retired objects

  // Read by all at every use, and hardly ever written.
  const Announcer announcer_;
  std::pmr::memory_resource* const upstream_;
  DomainRecords<Record> records_;
  bool ending_ = false;  // in end(): deleters must not free, lest they call each other without end
};

static_assert(Reclaimer<HazardDomain>);

}  // namespace assay
