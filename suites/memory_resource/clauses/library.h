// the resources that a library keeps for everybody.
#pragma once

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

// What a program does that gives up its memory last of all.
template <ResourceLibrary L>
void use_late() {
  auto* const resource = L::new_delete_resource();
  void* block = try_allocate(*resource, 100, 16);
  require(block != nullptr, "new_delete_resource() allocates nothing once destructors of statics have run");
  std::memset(block, 0x5a, 100);
  resource->deallocate(block, 100, 16);
  require(L::new_delete_resource() == resource && L::null_memory_resource() == L::null_memory_resource(),
          "the functions return other objects once destructors of statics have run");
  if (L::get_default_resource() == nullptr) violated("there is no default resource at exit");
}

template <MemoryResource R>
void check_global_resources_stay() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    const Ending ending = run_forked([] {
      std::atexit(&use_late<R>);  // before first use: exit handlers and destructors run in reverse order
      auto* const resource = R::new_delete_resource();
      auto* const null = R::null_memory_resource();
      for (int i = 0; i < 3; ++i)
        require(R::new_delete_resource() == resource && R::null_memory_resource() == null,
                "two calls return different objects");
      require(resource != null, "new_delete_resource() is null_memory_resource()");
      std::thread([=] {
        require(R::new_delete_resource() == resource && R::null_memory_resource() == null,
                "another thread gets different objects");
      }).join();
      void* block = try_allocate(*resource, 100, 16);
      require(block != nullptr, "new_delete_resource() could not allocate 100 bytes");
      resource->deallocate(block, 100, 16);
      std::exit(0);
    });
    require(ending.clean(), "use during exit ended with %s", describe(ending));
  }
}

template <MemoryResource R>
void check_null_resource() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    auto& null = *R::null_memory_resource();
    for (const std::size_t size : Sizes{0, 1, 1000}) {
      try {
        const void* block = allocate(null, size, 8);
        violated("null_memory_resource()->allocate(%zu) returned %p", size, block);
      } catch (const std::bad_alloc&) {
      }
    }
    char byte = 0;
    null.deallocate(&byte, 1, 1);
    require(null.is_equal(null) && !null.is_equal(*R::new_delete_resource()),
            "null_memory_resource() is not equal to itself alone");
  }
}

// Two threads set, two read; nobody may see anything but what was set.
template <ResourceLibrary L>
void toggle_default(std::pmr::memory_resource* first, std::pmr::memory_resource* second) {
  const auto known = [=](const std::pmr::memory_resource* seen) {
    return seen == first || seen == second || seen == L::new_delete_resource();
  };
  constexpr int kRounds = 20'000;
  std::vector<std::jthread> threads;
  for (auto* mine : {first, second})
    threads.emplace_back([=] {
      for (int i = 0; i < kRounds; ++i) {
        const auto* before = L::set_default_resource(i % 4 == 3 ? nullptr : mine);
        require(known(before), "set_default_resource returned %p, which nobody had set",
                static_cast<const void*>(before));
      }
    });
  for (int reader = 0; reader < 2; ++reader)
    threads.emplace_back([=] {
      for (int i = 0; i < kRounds; ++i) {
        const auto* seen = L::get_default_resource();
        require(known(seen), "get_default_resource returned %p, which nobody had set",
                static_cast<const void*>(seen));
      }
    });
}

template <MemoryResource R>
void check_default_resource() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    RecordedUpstream first, second;
    require(R::get_default_resource() == R::new_delete_resource(),
            "the default is not new_delete_resource()");
    require(R::set_default_resource(&first) == R::new_delete_resource(),
            "set_default_resource did not return the one before");
    require(R::get_default_resource() == &first, "set_default_resource set nothing");
    toggle_default<R>(&first, &second);
    R::set_default_resource(&second);
    require(R::set_default_resource(nullptr) == &second,
            "set_default_resource did not return the one before");
    require(R::get_default_resource() == R::new_delete_resource(),
            "set_default_resource(nullptr) does not bring back new_delete_resource()");
  }
}

}  // namespace assay::suite::memory_resource
