// What a scheme of safe memory reclamation claims and owes: epochs, hazard pointers and the like. It answers
// one question: when may an object be freed that was taken out of a shared structure while other threads may
// still be reading it?
//
//   class MyDomain {
//     static constexpr assay::ReclaimerTraits kTraits{};
//     class Guard {              // moves, and stays on its thread; a default one is not pinned
//       template <class T> T* protect(const std::atomic<T*>& source) noexcept;
//       std::uintptr_t protect(const std::atomic<std::uintptr_t>& source) noexcept;
//       void reset() noexcept;   // lets go; the guard is then as a default one
//     };
//     Guard pin();               // throws std::bad_alloc
//     void reserve();            // throws std::bad_alloc, or the next retire() of this thread cannot
//     template <class T, class Deleter = std::default_delete<T>> void retire(T*, Deleter = {});
//     void collect();            // frees what it can of what this thread and ended threads retired
//     std::size_t garbage() const noexcept;  // objects retired whose deleter has not been called
//   };
//   static_assert(assay::Reclaimer<MyDomain>);
//
// A reader pins a guard, reads shared pointers with protect() and uses what they point to while the guard
// keeps it. A writer unlinks an object, so that no protect() from then on finds it, and retires it. The
// pointer may carry the reader's own tag in its low kTagBits bits if it is kept as a std::uintptr_t.
//
// retire() and collect() call deleters, of any objects; a deleter may pin, retire and collect, and must not
// throw. A deleter is trivially copyable and at most a word. When retire() throws, the object is the caller's
// still. All members but the destructor may be called by any thread at any time. A domain ends when no guard
// of it is left and no thread is in a call of it; threads that used it may end before, after or meanwhile.
//
// A claim obliges: suites/reclamation/ runs the clauses that it brings.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <type_traits>

namespace assay {

struct ReclaimerTraits {
  bool protects_regions = false;   // all that a guard reads while it is pinned, not only the latest pointer
  bool bounded_garbage = false;    // garbage() <= most_garbage(), whatever readers do
  bool waits_for_readers = false;  // retire() may wait until the guards of other threads are gone
  bool counts_records = false;     // records(): threads that used the domain, at most at one time
  bool takes_upstream = false;     // MyDomain(std::pmr::memory_resource*), and all memory is from there
  std::size_t most_guards = 0;     // pinned by a thread at one time; one more traps. 0: any number
};

inline constexpr std::uintptr_t kTagBits = 7;  // so that objects are aligned to eight bytes at least

template <class G>
concept ReclaimerGuard =
    std::default_initializable<G> && std::movable<G> && !std::copyable<G> &&
    std::is_nothrow_move_constructible_v<G> && std::is_nothrow_move_assignable_v<G> &&
    requires(G guard, const std::atomic<long*>& pointer, const std::atomic<const long*>& constant,
             const std::atomic<std::uintptr_t>& tagged) {
  { guard.protect(pointer) }
  noexcept->std::same_as<long*>;
  { guard.protect(constant) }
  noexcept->std::same_as<const long*>;
  { guard.protect(tagged) }
  noexcept->std::same_as<std::uintptr_t>;
  { guard.reset() }
  noexcept;
};

template <class D>
concept ReclaimerCore =
    std::default_initializable<D> && !std::movable<D> && ReclaimerGuard<typename D::Guard> &&
    requires(D domain, const D& constant, long* object, void (*deleter)(long*)) {
  { D::kTraits } -> std::convertible_to<const ReclaimerTraits&>;
  { domain.pin() } -> std::same_as<typename D::Guard>;
  domain.reserve();
  domain.retire(object);
  domain.retire(object, deleter);
  domain.collect();
  { constant.garbage() }
  noexcept->std::same_as<std::size_t>;
};

// May grow while threads come, never while they only work.
template <class D>
concept BoundsGarbage = requires(const D& domain) {
  { domain.most_garbage() }
  noexcept->std::same_as<std::size_t>;
};

template <class D>
concept CountsRecords = requires(const D& domain) {
  { domain.records() }
  noexcept->std::same_as<std::size_t>;
};

// clang-format off
template <class D>
concept Reclaimer =
    ReclaimerCore<D> &&
    (!D::kTraits.bounded_garbage || BoundsGarbage<D>) &&
    (!D::kTraits.counts_records || CountsRecords<D>) &&
    (!D::kTraits.takes_upstream || std::constructible_from<D, std::pmr::memory_resource*>);
// clang-format on

// What structures shared by threads owe that free their nodes by a reclaimer, which outlives them. Their
// destructors, as any, are called when no other thread uses them.
template <class S, class D>
concept SharedStack = std::constructible_from<S, D&> && requires(S stack, typename S::value_type value) {
  stack.push(std::move(value));
  { stack.pop() } -> std::same_as<std::optional<typename S::value_type>>;
};

template <class Q, class D>
concept SharedQueue = std::constructible_from<Q, D&> && requires(Q queue, typename Q::value_type value) {
  queue.enqueue(std::move(value));
  { queue.dequeue() } -> std::same_as<std::optional<typename Q::value_type>>;
};

// insert() does nothing and is false if the key is there, erase() if it is not.
template <class M, class D>
concept SharedMap = std::constructible_from<M, D&, std::size_t> &&
    requires(M map, typename M::key_type key, typename M::mapped_type value) {
  { map.insert(key, std::move(value)) } -> std::same_as<bool>;
  { map.erase(key) } -> std::same_as<bool>;
  { map.find(key) } -> std::same_as<std::optional<typename M::mapped_type>>;
};

}  // namespace assay
