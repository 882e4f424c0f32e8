// Allocators that refer to a std::pmr::memory_resource: they stay with their container, and go down into its
// elements.
#pragma once

#include <map>
#include <memory_resource>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "suites/core/upstream.h"
#include "suites/standard_allocator/subject.h"

namespace assay::suite::standard_allocator {

constexpr const char* kNoResource = "refers to no memory resource";

template <class Of>
void check_no_propagation() {
  if constexpr (!RefersToResource<Of>) {
    absent("%s", kNoResource);
  } else {
    using A = Subject<Of, long>;
    using V = std::vector<long, A>;
    using AllocatorTraits = std::allocator_traits<A>;
    require(!AllocatorTraits::propagate_on_container_copy_assignment::value &&
                !AllocatorTraits::propagate_on_container_move_assignment::value &&
                !AllocatorTraits::propagate_on_container_swap::value,
            "propagates");
    Upstream first, second, standard;
    std::pmr::set_default_resource(&standard);
    {
      const auto of = [](const V& vector) { return vector.get_allocator().resource(); };
      V a({1, 2, 3}, A(&first)), b({4, 5}, A(&second));
      const V copy(a);
      require(of(copy) == &standard && copy == a, "a copy does not live in the default resource");
      require(AllocatorTraits::select_on_container_copy_construction(A(&first)).resource() == &standard,
              "the allocator of a copy is not the default resource's");
      const V beside(a, A(&second));
      require(of(beside) == &second && beside == a, "a copy with a resource does not live in it");
      V moved(std::move(a));
      require(of(moved) == &first && moved.size() == 3, "a moved container left its resource");
      b = moved;
      require(of(b) == &second && b == moved, "copy assignment took the resource along");
      const auto* elements = moved.data();
      b = std::move(moved);
      require(of(b) == &second && b.size() == 3 && b.data() != elements,
              "move assignment took the resource along");
      V c({7}, A(&second));
      c.swap(b);
      require(of(c) == &second && c.size() == 3 && b.size() == 1, "swap of containers in one resource fails");
    }
    std::pmr::set_default_resource(nullptr);
    require(first.live_blocks() + second.live_blocks() + standard.live_blocks() == 0,
            "blocks never came back");
  }
}

template <class Of>
void check_elements() {
  if constexpr (!RefersToResource<Of>) {
    absent("%s", kNoResource);
  } else {
    using String = std::basic_string<char, std::char_traits<char>, Subject<Of, char>>;
    using Pair = std::pair<String, String>;
    using Strings = std::vector<String, Subject<Of, String>>;
    using Pairs = std::vector<Pair, Subject<Of, Pair>>;
    using Map = std::map<String, Strings, std::less<>, Subject<Of, std::pair<const String, Strings>>>;
    static constexpr const char* kLong = "longer than what fits into the string itself";
    Upstream upstream;
    const auto require_inside = [&](const auto& element, const char* what) {
      require(element.get_allocator().resource() == &upstream, "%s does not live in its container's resource",
              what);
    };
    {
      Strings strings{Subject<Of, String>(&upstream)};
      strings.emplace_back(kLong);
      strings.resize(3);
      strings.push_back(strings.front());
      for (const String& string : strings) require_inside(string, "an element of a vector");
      Pairs pairs{Subject<Of, Pair>(&upstream)};
      pairs.emplace_back(kLong, "short");
      pairs.emplace_back(std::piecewise_construct, std::forward_as_tuple(5, 'a'), std::forward_as_tuple());
      pairs.emplace_back(Pair(kLong, kLong));
      pairs.emplace_back();
      for (const Pair& pair : pairs) {
        require_inside(pair.first, "the first of a pair");
        require_inside(pair.second, "the second of a pair");
      }
      Map map{Subject<Of, std::pair<const String, Strings>>(&upstream)};
      map.emplace(kLong, strings);
      map.try_emplace(String("another key, as long as the other one")).first->second.emplace_back(kLong);
      for (const auto& [key, values] : map) {
        require_inside(key, "the key of a map");
        require_inside(values, "the vector in a map");
        for (const String& value : values) require_inside(value, "a string in a vector in a map");
      }
    }
    require(upstream.live_blocks() == 0, "%zu blocks never came back", upstream.live_blocks());
  }
}

template <class Of>
struct ResourceClauses {
  Clause no_propagation{
      "R-22", ClauseClass::kViolation, "[mem.poly.allocator.class]",
      "An allocator over a memory resource stays with its container; copies go to the default",
      &check_no_propagation<Of>};
  Clause elements{"R-24", ClauseClass::kViolation, "[allocator.uses.construction]",
                  "Elements, pairs included, are constructed with the allocator of their container",
                  &check_elements<Of>};
};

}  // namespace assay::suite::standard_allocator
