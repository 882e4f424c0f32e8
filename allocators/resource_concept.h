// What a memory resource claims and owes: any default-constructible class derived from
// std::pmr::memory_resource, or a library's set of global ones.
//
//   class Ring : public std::pmr::memory_resource { … };  // is a subject as it stands
//
// Its claims are read off its members: a constructor from an upstream, release(), options(), a constructor
// from a buffer. What a type cannot show, such as thread safety, it claims itself, and then all of it:
//
//   class Ring : … { public: static constexpr assay::ResourceTraits kTraits{.thread_safe = true}; };
//
// A claim obliges: it brings the clauses of suites/memory_resource/. What is not claimed is not checked.
// Sizes and alignments are in bytes; an alignment is a power of two.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <type_traits>

namespace assay {

struct ResourceTraits {
  bool takes_upstream = false;  // all storage comes from the memory_resource given to the constructor
  bool propagates = false;      // whose exceptions leave allocate() as they are
  bool releases = false;        // release() gives all of it back, live blocks too
  bool monotonic = false;       // deallocate has no effect; buffers grow geometrically
  bool takes_buffer = false;    // constructor from (buffer, its size, upstream): used before upstream is
  bool pools = false;        // constructor from (pool_options, upstream); options() tells what came of them
  bool thread_safe = false;  // allocate and deallocate are
};

template <class R>
concept ResourceCore = std::derived_from<R, std::pmr::memory_resource> && std::default_initializable<R>;

// The functions of [mem.res.global] and the allocator that users put around a resource, as static members.
template <class L>
concept ResourceLibrary = requires(std::pmr::memory_resource* resource) {
  { L::new_delete_resource() } -> std::same_as<std::pmr::memory_resource*>;
  { L::null_memory_resource() } -> std::same_as<std::pmr::memory_resource*>;
  { L::get_default_resource() } -> std::same_as<std::pmr::memory_resource*>;
  { L::set_default_resource(resource) } -> std::same_as<std::pmr::memory_resource*>;
  typename L::template polymorphic_allocator<int>;
};

template <class R>
concept TakesResource = std::is_constructible_v<R, std::pmr::memory_resource*>;
template <class R>
concept TakesBuffer = std::is_constructible_v<R, void*, std::size_t, std::pmr::memory_resource*>;
template <class R>
concept Releases = requires(R resource) {
  resource.release();
};
template <class R>
concept TakesPoolOptions = std::is_constructible_v<R, std::pmr::pool_options, std::pmr::memory_resource*> &&
    requires(const R resource) {
  { resource.options() } -> std::same_as<std::pmr::pool_options>;
};

// What R states, or else what its members show. One that takes an initial buffer is taken for monotonic, as
// the standard's is.
template <class R>
constexpr ResourceTraits resource_traits() {
  if constexpr (requires { R::kTraits; })
    return R::kTraits;
  else
    return {.takes_upstream = TakesResource<R>,
            .propagates = TakesResource<R>,
            .releases = Releases<R>,
            .monotonic = TakesBuffer<R>,
            .takes_buffer = TakesBuffer<R>,
            .pools = TakesPoolOptions<R>,
            .thread_safe = ResourceLibrary<R>};
}

template <class R>
inline constexpr ResourceTraits kResourceTraits = resource_traits<R>();

template <class R>
concept MemoryResource = (ResourceCore<R> || ResourceLibrary<R>)&&(
    !kResourceTraits<R>.takes_upstream ||
    TakesResource<R>)&&(!kResourceTraits<R>.releases ||
                        Releases<R>)&&(!kResourceTraits<R>.takes_buffer ||
                                       TakesBuffer<R>)&&(!kResourceTraits<R>.pools || TakesPoolOptions<R>);

}  // namespace assay
