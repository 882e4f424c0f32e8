// What the handles of MutantBytes count: bytes on the heap, or with an owner.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "suites/core/race_window.h"
#include "suites/mutants/buffer/buffer_defects.h"

namespace assay::mutant {

// Memory that operator new does not know of.
struct Freed {
  void operator()(void* block) const { std::free(block); }
};
class MallocBlock : public std::unique_ptr<void, Freed> {
 public:
  explicit MallocBlock(std::size_t size) : unique_ptr(std::malloc(size)) {
    void* block = get();
    asm volatile("" : "+r"(block));  // or the compiler leaves out what nobody uses
  }
};

struct Storage {
  std::atomic<long> count{1};
  Storage* next = nullptr;  // of those that end
  std::byte* bytes = nullptr;
  std::size_t capacity = 0;
  bool writable = false;  // was a Mutable's

  virtual ~Storage() = default;
  // Acquire: what other handles have read, before they went, comes before what is written now.
  bool is_alone() const { return count.load(std::memory_order_acquire) == 1; }
  std::byte* end() const { return bytes + capacity; }
};

struct HeapStorage : Storage {
  explicit HeapStorage(std::size_t size) : block(new std::byte[size]) {
    bytes = block.get();
    capacity = size;
    writable = true;
  }
  std::unique_ptr<std::byte[]> block;
};

template <class Owner>
struct OwnerStorage : Storage {
  explicit OwnerStorage(Owner&& from) : owner(std::move(from)) {
    const std::span<const std::byte> view = owner;
    bytes = const_cast<std::byte*>(view.data());  // never written: not writable
    capacity = view.size();
    writable = owner_becomes_mutable;
  }
  Owner owner;
};

// A counted pointer to storage.
class Keeper {
 public:
  Keeper() = default;
  explicit Keeper(Storage* storage) : storage_(storage) {}
  Keeper(const Keeper& other) : storage_(other.storage_) { add(1); }
  Keeper(Keeper&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
  Keeper& operator=(const Keeper& other) {
    if (self_assignment_releases_first) Keeper(std::move(*this));
    return *this = Keeper(other);
  }
  Keeper& operator=(Keeper&& other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~Keeper() { release(); }

  Storage* operator->() const { return storage_; }
  Storage* get() const { return storage_; }
  void leak() { storage_ = nullptr; }
  void let_go_for_a_moment() const {
    storage_->count.fetch_sub(1, std::memory_order_acq_rel);
    suite::open_race_window();
    storage_->count.fetch_add(1, std::memory_order_acq_rel);
  }

 private:
  // The old value. Acquire and release: the last one to go ends what the others have used.
  long add(long n) {
    if (storage_ == nullptr) return 0;
    if (!count_is_torn) return storage_->count.fetch_add(n, std::memory_order_acq_rel);
    const long old = storage_->count.load(std::memory_order_acquire);
    suite::open_race_window();
    storage_->count.store(old + n, std::memory_order_release);
    return old;
  }
  void release() {
    if (add(-1) == 1) end(storage_);
  }
  // What the end of a storage lets go of ends after it.
  static void end(Storage* storage) {
    static thread_local Storage* waiting = nullptr;
    static thread_local bool ends = false;
    if (owners_end_within_each_other) {
      delete storage;
      return;
    }
    storage->next = std::exchange(waiting, storage);
    if (std::exchange(ends, true)) return;
    while (waiting != nullptr) delete std::exchange(waiting, waiting->next);
    ends = false;
  }

  Storage* storage_ = nullptr;
};

}  // namespace assay::mutant
