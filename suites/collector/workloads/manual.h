// Memory without a collector, for the workloads whose order of death is known: what frees is what owns, and
// the program says when. Each is a subject of this family's workloads and of none of its clauses.
//
//   MallocMemory   malloc and free; what an object owns is freed by an explicit walk
//   UniqueOwners   std::unique_ptr
//   SharedOwners   std::shared_ptr, one allocation an object, in a process of two threads: libstdc++ counts
//                  without atomics until a thread was started
//
// A pass frees all that it made, as the programs that it stands for do.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>

#include "suites/core/workload.h"

namespace assay::suite::collector {

struct MallocMemory {
  template <class T>
  using Owner = T*;
  template <class T>
  using ArrayOwner = T*;

  static void begin() {}

  template <class T, class... Arguments>
  static T* make(Arguments&&... arguments) {
    void* block = std::malloc(sizeof(T));
    if (block == nullptr) [[unlikely]]
      fail("malloc(%zu) returned null", sizeof(T));
    return new (block) T(std::forward<Arguments>(arguments)...);
  }
  // Zeros.
  template <class T>
  static T* make_array(std::size_t size) {
    static_assert(std::is_trivially_destructible_v<T>);
    void* block = std::calloc(size, sizeof(T));
    if (block == nullptr) [[unlikely]]
      fail("calloc(%zu, %zu) returned null", size, sizeof(T));
    return static_cast<T*>(block);
  }

  template <class T>
  static T* get(T* owner) {
    return owner;
  }

  // Frees what T::drop_owned() says that it owns, then the object.
  template <class T>
  static void drop(T* owner) {
    if (owner == nullptr) return;
    if constexpr (requires { owner->drop_owned(); }) owner->drop_owned();
    std::free(owner);
  }
  template <class T>
  static void drop_array(T* owner) {
    std::free(owner);
  }
};

// What the two kinds of std:: owners have in common: their destructors drop what is owned.
struct StandardOwners {
  template <class Owner>
  static auto get(const Owner& owner) {
    return owner.get();
  }
  template <class Owner>
  static void drop(Owner& owner) {
    owner.reset();
  }
  template <class Owner>
  static void drop_array(Owner& owner) {
    owner.reset();
  }
};

struct UniqueOwners : StandardOwners {
  template <class T>
  using Owner = std::unique_ptr<T>;
  template <class T>
  using ArrayOwner = std::unique_ptr<T[]>;

  static void begin() {}

  template <class T, class... Arguments>
  static Owner<T> make(Arguments&&... arguments) {
    return std::make_unique<T>(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  static ArrayOwner<T> make_array(std::size_t size) {
    return std::make_unique<T[]>(size);
  }
};

struct SharedOwners : StandardOwners {
  template <class T>
  using Owner = std::shared_ptr<T>;
  template <class T>
  using ArrayOwner = std::shared_ptr<T[]>;

  static void begin() {
    std::thread([] {
      for (;;) pause();
    }).detach();  // ended by the process
  }

  template <class T, class... Arguments>
  static Owner<T> make(Arguments&&... arguments) {
    return std::make_shared<T>(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  static ArrayOwner<T> make_array(std::size_t size) {
    return std::make_shared<T[]>(size);
  }
};

template <class M>
concept ManualMemory = requires {
  M::begin();
}
&&!requires { M::kTraits; };

// A workload of one of them.
template <class M>
class OwnedWorkload : public Workload {
 public:
  void report(const Resident& resident, Figures& figures) final {
    figures.add("peak_over_live", "ratio", resident.peak_over(peak_live));
  }

 protected:
  OwnedWorkload() { M::begin(); }
};

}  // namespace assay::suite::collector
