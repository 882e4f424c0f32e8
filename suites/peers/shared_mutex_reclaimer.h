// What most programs do instead of reclamation: readers hold one std::shared_mutex shared, and who retires
// takes it alone once, which waits for all that read, and then frees. The rival of EpochDomain and
// HazardDomain.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "pointers/domain_records.h"
#include "pointers/lock_free.h"
#include "pointers/reclaimer_concept.h"
#include "pointers/retired.h"

namespace assay::peer {

class SharedMutexReclaimer {
  struct Record;

 public:
  static constexpr ReclaimerTraits kTraits{
      .protects_regions = true, .waits_for_readers = true, .counts_records = true};

  // Guards of one thread share one lock, since a thread must not lock a shared_mutex twice.
  class Guard {
   public:
    Guard() noexcept = default;
    Guard(Guard&& other) noexcept : domain_(other.domain_), record_(std::exchange(other.record_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(domain_, other.domain_);
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
      domain_->readers_.unlock_shared();
      if (!record->retired.empty()) domain_->free_retired(*record);
    }

   private:
    friend class SharedMutexReclaimer;
    Guard(SharedMutexReclaimer& domain, Record& record) noexcept : domain_(&domain), record_(&record) {}
    SharedMutexReclaimer* domain_ = nullptr;
    Record* record_ = nullptr;
  };

  SharedMutexReclaimer() noexcept : records_(std::pmr::new_delete_resource()) {}
  ~SharedMutexReclaimer() = default;  // nothing waits where no guard is
  SharedMutexReclaimer(const SharedMutexReclaimer&) = delete;
  SharedMutexReclaimer& operator=(const SharedMutexReclaimer&) = delete;

  [[nodiscard]] Guard pin() {
    Record& record = mine();
    if (record.nesting++ == 0) readers_.lock_shared();
    return Guard(*this, record);
  }

  void reserve() {
    Record& record = mine();
    record.retired.reserve(record.retired.size() + 1);
  }

  template <class T, class Deleter = std::default_delete<T>>
  void retire(T* object, Deleter deleter = {}) {
    Record& record = mine();
    record.retired.push_back(Retired(object, deleter));
    garbage_.fetch_add(1, std::memory_order_relaxed);  // a count
    if (record.nesting == 0) free_retired(record);
  }

  void collect() {}
  std::size_t garbage() const noexcept { return garbage_.load(std::memory_order_relaxed); }
  std::size_t records() const noexcept { return records_.size(); }

 private:
  struct Record : DomainRecord {
    explicit Record(const SharedMutexReclaimer&) noexcept {}
    bool has_guards() const noexcept { return nesting != 0; }
    std::size_t nesting = 0;
    std::vector<Retired> retired;  // while the thread itself reads
    bool freeing = false;
  };

  Record& mine() { return records_.mine(*this); }

  // With the lock only to wait for readers: the objects are unlinked, so that later ones do not find them.
  void free_retired(Record& record) noexcept {
    if (record.freeing) return;  // a deleter retires: the loop below goes on
    while (!record.retired.empty()) {
      readers_.lock();
      readers_.unlock();
      record.freeing = true;
      for (Retired& retired : std::exchange(record.retired, {})) {
        garbage_.fetch_sub(1, std::memory_order_relaxed);
        retired.destroy();
      }
      record.freeing = false;
    }
  }

  std::shared_mutex readers_;
  std::atomic<std::size_t> garbage_{0};
  DomainRecords<Record> records_;
};

static_assert(Reclaimer<SharedMutexReclaimer>);

// With the structures that are built on a domain.
using SharedMutexStructures = LockFree<SharedMutexReclaimer>;

}  // namespace assay::peer
