// boost::fast_pool_allocator and boost::pool_allocator: standard Allocators over process-wide pools, one for
// each size of object. Without state; behind a lock by default. Source: Boost.Pool.
#pragma once

#include <boost/pool/pool_alloc.hpp>

namespace assay::peer {

// Fast for single objects: nodes of lists and maps.
template <class T>
using BoostFastPoolAllocator = boost::fast_pool_allocator<T>;

// Keeps the free list in order of address, so that arrays can be cut from it.
template <class T>
using BoostPoolAllocator = boost::pool_allocator<T>;

}  // namespace assay::peer
