// A record for each thread that uses a domain of reclamation: found in a few instructions, reused when its
// thread has ended, and owned by the domain, so that nothing is left behind by either.
//
//   domain A  first ─> record of thread 1 ─> record of thread 2 ─> record nobody has
//   domain B  first ─> record of thread 2
//                                   │
//   thread 2  list  ─> its records of A and B        cache │ id of B, record │ id of A, record │ - │ - │
//
// Invariants:
//   I1  a record has at most one thread, and a thread at most one record of a domain
//   I2  a domain's list only grows until the domain ends: it is read without a lock
//   I3  the list of a thread has the records of live domains only, and a cached record is used only if the
//       id beside it is that of the domain asked: ids are given once in a process
//
// Costs. Finding the own record: one comparison with a thread-local word. The first use of a domain by a
// thread, the end of a thread, the end of a domain, and adopt() take one lock of the process. No deleter
// runs under it. A thread that uses more than four domains in turn may take that lock at each change.
//
// What it does not do. A thread that uses a domain after its thread-local objects are gone (from the
// destructor of one that is older than its first use of any domain) keeps its record until the domain ends,
// as does a guard that outlives them. After a fork() the records of other threads stay as they were, and the
// lock may be held for good: a child that goes on using domains must be forked while no other thread uses
// any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <new>

namespace assay {

constexpr std::size_t kRecordAlignment = 128;  // two lines: processors fetch neighbours in pairs

class DomainRecord {
 private:
  friend class ThreadRecords;
  template <class>
  friend class DomainRecords;

  std::uint64_t domain_ = 0;
  std::atomic<bool>* abandoned_ = nullptr;  // of the domain: some record has lost its thread
  bool (*has_guards_)(const DomainRecord&) noexcept = nullptr;
  DomainRecord* next_of_domain_ = nullptr;  // constant once the record is in the list
  // Guarded by the lock:
  bool taken_ = false;
  DomainRecord** link_ = nullptr;  // what points here in the list of the thread; null if nothing does
  DomainRecord* next_of_thread_ = nullptr;
};

// Default visibility, so that libraries share one cache and one lock.
class [[gnu::visibility("default")]] ThreadRecords {
 private:
  template <class>
  friend class DomainRecords;

  struct Cached {
    std::uint64_t domain;
    DomainRecord* record;
  };
  struct Holder {
    Holder() noexcept {}
    ~Holder() {
      const std::lock_guard lock(lock_);
      ended_ = true;
      while (list_ != nullptr) {
        DomainRecord& record = *list_;
        if (!record.has_guards_(record)) {
          record.abandoned_->store(true, std::memory_order_relaxed);  // a hint: the lock orders the rest
          record.taken_ = false;
        }
        unlink(record);
      }
      for (Cached& cached : cache_) cached = {};
    }
  };

  static void link(DomainRecord & record) noexcept {
    thread_local const Holder holder;
    if (ended_) return;
    record.next_of_thread_ = list_;
    record.link_ = &list_;
    if (list_ != nullptr) list_->link_ = &record.next_of_thread_;
    list_ = &record;
  }
  static void unlink(DomainRecord & record) noexcept {
    if (record.link_ == nullptr) return;
    *record.link_ = record.next_of_thread_;
    if (record.next_of_thread_ != nullptr) record.next_of_thread_->link_ = record.link_;
    record.link_ = nullptr;
  }

  static constexpr std::size_t kCached = 4;
  static inline constinit thread_local Cached cache_[kCached] = {};
  static inline constinit thread_local DomainRecord* list_ = nullptr;  // guarded by the lock
  static inline constinit thread_local bool ended_ = false;
  static inline constinit std::mutex lock_;
  static inline constinit std::atomic<std::uint64_t> next_id_{1};
};

// Record derives from DomainRecord and is made by Record(argument), without throwing.
template <class Record>
class DomainRecords {
 public:
  explicit DomainRecords(std::pmr::memory_resource* upstream) noexcept
      : id_(ThreadRecords::next_id_.fetch_add(1, std::memory_order_relaxed)),  // only has to be unique
        upstream_(upstream) {}
  DomainRecords(const DomainRecords&) = delete;
  DomainRecords& operator=(const DomainRecords&) = delete;

  // What the records hold must have been freed.
  ~DomainRecords() {
    {
      const std::lock_guard lock(ThreadRecords::lock_);
      for_each([](Record& record) { ThreadRecords::unlink(record); });
    }
    if (cached().domain == id_) cached() = {};
    for (DomainRecord* record = first_.load(std::memory_order_relaxed);
         record != nullptr;) {  // nobody else's
      auto* const dead = static_cast<Record*>(record);
      record = record->next_of_domain_;
      dead->~Record();
      upstream_->deallocate(dead, sizeof(Record), alignof(Record));
    }
  }

  // The record of the calling thread. Throws std::bad_alloc.
  template <class Argument>
  Record& mine(const Argument& argument) {
    const ThreadRecords::Cached& found = cached();
    if (found.domain == id_) [[likely]]
      return static_cast<Record&>(*found.record);
    return enroll(argument);
  }

  // Those of threads that begin meanwhile may be missed.
  template <class F>
  void for_each(F&& f) const {
    // Acquire pairs with the release in enroll(): a record that is found is complete.
    for (DomainRecord* record = first_.load(std::memory_order_acquire); record != nullptr;
         record = record->next_of_domain_)
      f(static_cast<Record&>(*record));
  }

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }  // a count, no more

  // Calls f(record), which must not throw nor run foreign code, on each record without a thread, if any
  // has lost its thread since the last time.
  template <class F>
  void adopt(F&& f) {
    // Relaxed: a hint that is asked again, and the lock orders what the records hold.
    if (!abandoned_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(ThreadRecords::lock_);
    abandoned_.store(false, std::memory_order_relaxed);
    for_each([&](Record& record) {
      if (!record.taken_) f(record);
    });
  }

 private:
  ThreadRecords::Cached& cached() const noexcept {
    return ThreadRecords::cache_[id_ % ThreadRecords::kCached];
  }

  template <class Argument>
  [[gnu::noinline, gnu::cold]] Record& enroll(const Argument& argument) {
    const std::lock_guard lock(ThreadRecords::lock_);
    DomainRecord* record = ThreadRecords::list_;
    while (record != nullptr && record->domain_ != id_) record = record->next_of_thread_;
    if (record == nullptr) {
      record = first_.load(std::memory_order_relaxed);  // written under the lock
      while (record != nullptr && record->taken_) record = record->next_of_domain_;
      if (record == nullptr) record = add(argument);
      record->taken_ = true;
      ThreadRecords::link(*record);
    }
    cached() = {id_, record};
    return static_cast<Record&>(*record);
  }

  template <class Argument>
  DomainRecord* add(const Argument& argument) {
    DomainRecord* const record =
        ::new (upstream_->allocate(sizeof(Record), alignof(Record))) Record(argument);
    record->domain_ = id_;
    record->abandoned_ = &abandoned_;
    record->has_guards_ = [](const DomainRecord& r) noexcept {
      return static_cast<const Record&>(r).has_guards();
    };
    record->next_of_domain_ = first_.load(std::memory_order_relaxed);  // written under the lock
    first_.store(record, std::memory_order_release);                   // pairs with the acquire in for_each()
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return record;
  }

  const std::uint64_t id_;
  std::pmr::memory_resource* const upstream_;
  std::atomic<DomainRecord*> first_{nullptr};
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> abandoned_{false};
};

}  // namespace assay
