// boost::object_pool behind the family's interface: a control of the suite, and the peer of arenas of
// objects.
//
// Costs: destroy() keeps the free list in order of address, so it is O(free objects); the end of the pool
// destroys what is live in O(all). Objects are aligned to 16 at most. Its storage comes from new[]. Source:
// Boost.Pool.
#pragma once

#include <boost/pool/object_pool.hpp>
#include <boost/version.hpp>
#include <new>
#include <utility>

#include "allocators/object_concept.h"

namespace assay::peer {

template <class T>
class BoostObjectPool {
 public:
  static constexpr const char* kVersion = BOOST_LIB_VERSION;  // "1_74"
  using value_type = T;
  static constexpr ObjectTraits kTraits{.destroys_individually = true, .destroys_the_rest = true};

  // What construct() does, which takes three arguments at the most and by reference to const.
  template <class... Arguments>
  T* create(Arguments&&... arguments) {
    T* object = pool_.malloc();
    if (object == nullptr) return nullptr;
    try {
      return ::new (static_cast<void*>(object)) T(std::forward<Arguments>(arguments)...);
    } catch (...) {
      pool_.free(object);
      throw;
    }
  }

  void destroy(T* object) noexcept { pool_.destroy(object); }

 private:
  boost::object_pool<T> pool_;
};

static_assert(ObjectAllocator<BoostObjectPool<int>>);

}  // namespace assay::peer
