// the allocator that containers see in front of a resource.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <scoped_allocator>
#include <string>
#include <utility>
#include <vector>

#include "suites/core/clause.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

template <MemoryResource R>
void check_allocator_stays() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    using Allocator = typename R::template polymorphic_allocator<int>;
    using Traits = std::allocator_traits<Allocator>;
    require(!Traits::propagate_on_container_copy_assignment::value &&
                !Traits::propagate_on_container_move_assignment::value &&
                !Traits::propagate_on_container_swap::value,
            "polymorphic_allocator says that containers pass it on");
    using Vector = std::vector<int, Allocator>;
    RecordedUpstream first, second;
    {
      const Vector source({1, 2, 3}, Allocator(&first));
      const auto resource_of = [](const Vector& vector) { return vector.get_allocator().resource(); };
      require(resource_of(source) == &first, "a container does not use the resource that it was given");
      const Vector copy(source);
      require(resource_of(copy) == R::get_default_resource(),
              "a copied container does not use the default resource");
      Vector target({4}, Allocator(&second));
      target = source;
      require(resource_of(target) == &second, "copy assignment passes the resource on");
      target = Vector({5, 6, 7, 8}, Allocator(&first));
      require(resource_of(target) == &second && target == Vector({5, 6, 7, 8}),
              "move assignment passes the resource on");
      require(second.pages().contains(target.data(), 4 * sizeof(int)),
              "after move assignment the elements are in the other container's storage");
      Vector other({9}, Allocator(&second));
      const int* const elements = other.data();
      swap(target, other);
      require(resource_of(other) == &second && target.data() == elements, "swap copied elements");
      const Vector moved(std::move(target));
      require(resource_of(moved) == &second && moved.data() == elements,
              "move construction left the resource or the elements behind");
    }
    require(first.pages().live_blocks() + second.pages().live_blocks() == 0,
            "the containers are gone and %zu blocks are live",
            first.pages().live_blocks() + second.pages().live_blocks());
  }
}

template <std::size_t kSize>
struct Sized {
  char bytes[kSize];
};

template <class Library, std::size_t kSize>
void require_array_length_check(std::pmr::memory_resource* resource) {
  typename Library::template polymorphic_allocator<Sized<kSize>> allocator(resource);
  for (const std::size_t count : {SIZE_MAX / kSize + 1, SIZE_MAX / kSize + 2, SIZE_MAX}) {
    try {
      const auto* block = allocator.allocate(count);
      violated("allocate(%zu) of %zu-byte objects returned %p", count, kSize,
               static_cast<const void*>(block));
    } catch (const std::bad_array_new_length&) {
    } catch (const std::exception& error) {
      violated("allocate(%zu) of %zu-byte objects threw %s, no bad_array_new_length", count, kSize,
               error.what());
    }
  }
}

template <MemoryResource R>
void check_allocator_overflow() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    RecordedUpstream upstream;
    require_array_length_check<R, 2>(&upstream);
    require_array_length_check<R, 4>(&upstream);
    require_array_length_check<R, 24>(&upstream);
    require_array_length_check<R, 4096>(&upstream);
  }
}

template <MemoryResource R>
void check_allocator_reaches_elements() {
  if constexpr (!ResourceLibrary<R>) {
    absent("is one resource, not a library's set");
  } else {
    using String =
        std::basic_string<char, std::char_traits<char>, typename R::template polymorphic_allocator<char>>;
    using Strings = std::vector<String, typename R::template polymorphic_allocator<String>>;
    using Entry = std::pair<const String, Strings>;
    using Map =
        std::map<String, Strings, std::less<String>, typename R::template polymorphic_allocator<Entry>>;
    static constexpr const char* kLong = "longer than any string that is kept inside of its object";
    RecordedUpstream upstream;
    const auto inside = [&](const void* at, std::size_t size) { return upstream.pages().contains(at, size); };
    Map map{typename Map::allocator_type(&upstream)};
    map[kLong].emplace_back(kLong);
    map.emplace("short", Strings()).first->second.resize(3, String(kLong));
    for (const auto& [key, values] : map) {
      require(key.get_allocator().resource() == &upstream, "a map's key does not use the map's resource");
      require(values.get_allocator().resource() == &upstream,
              "a map's value does not use the map's resource");
      for (const String& value : values)
        require(value.get_allocator().resource() == &upstream && inside(value.data(), value.size() + 1),
                "a string in a vector in a map does not use the map's resource");
    }
    using Pair = std::pair<String, String>;
    std::vector<Pair, typename R::template polymorphic_allocator<Pair>> pairs{
        typename R::template polymorphic_allocator<Pair>(&upstream)};
    pairs.emplace_back(kLong, kLong);
    require(pairs[0].first.get_allocator().resource() == &upstream &&
                pairs[0].second.get_allocator().resource() == &upstream,
            "the strings of a pair in a vector do not use the vector's resource");
  }
}

}  // namespace assay::suite::memory_resource
