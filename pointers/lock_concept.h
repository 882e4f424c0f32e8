// What a lock that owns its data claims and owes: Mutex, RwLock and the like.
//
//   template <class T> class MyMutex {
//     static constexpr assay::LockTraits kTraits{.shares = false};
//     using value_type = T;
//     MyMutex();                                   // of a T that can be made so
//     explicit MyMutex(T value);
//     template <class... Arguments> explicit MyMutex(std::in_place_t, Arguments&&...);
//     Guard lock();                                // waits
//     std::optional<Guard> try_lock();             // nothing if another thread is inside
//     auto with(f);                                // f(T&) under the lock; returns a copy of what f returns
//     T& get_mut();                                // for who can see that no other thread knows the lock
//     T into_inner() &&;                           // likewise
//   };
//   static_assert(assay::Lock<MyMutex<int>>);
//
// A guard is the only way to the value: *guard, guard->member. It can be moved, belongs to its thread, and
// lets go when it dies. Locks can be neither copied nor moved. A thread that locks what it holds waits for
// ever, unless traps_relocking says otherwise.
//
// A lock that shares calls the exclusive forms write and try_write, and has read and try_read, whose guards
// give a const T&, and with_read(f).
//
// Poisoning: when an exception leaves the scope of an exclusive guard, the value may be half changed. From
// then on every form of locking, with(), get_mut() and into_inner() throw Poisoned, and leave the lock free.
// lock_poisoned() (write_poisoned(), read_poisoned()) lock all the same; guard.poisoned() says so, and
// guard.clear_poison() of an exclusive guard ends it.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace assay {

struct LockTraits {
  bool shares;                 // read(): any number of readers, or one writer
  bool timed = false;          // …_for(duration), …_until(time_point): nothing when the time is over
  bool poisons = false;        // see above
  bool downgrades = false;     // std::move(write_guard).downgrade(): a read guard, with no writer in between
  bool writers_first = false;  // no new reader gets in while a writer waits
  bool traps_relocking = false;   // by the thread that has exclusive access: ends the program
  std::size_t most_readers = 0;   // at a time; one more ends the program. 0: out of reach
  std::size_t most_overhead = 0;  // bytes of a lock beside the value and its alignment; 0: no promise
};

// What locking a poisoned lock throws: an exception has left the scope of an exclusive guard before, so that
// the value may be half changed.
class Poisoned : public std::exception {
 public:
  const char* what() const noexcept override {
    return "the lock is poisoned: an exception left the scope of a guard";
  }
};

// What a form of locking gives.
template <class G, class Value>
concept LockGuard = std::movable<G> && !std::copyable<G> && std::is_nothrow_move_constructible_v<G> &&
                    std::is_nothrow_move_assignable_v<G> && requires(G guard) {
  { *guard } -> std::same_as<Value&>;
  { guard.operator->() } -> std::same_as<Value*>;
};

template <class L>
concept LockCore =
    std::default_initializable<L> && !std::movable<L> && std::constructible_from<L, typename L::value_type> &&
    std::constructible_from<L, std::in_place_t, typename L::value_type> &&
    requires(L lock, const L constant, void (*f)(typename L::value_type&)) {
  { L::kTraits } -> std::convertible_to<const LockTraits&>;
  { lock.get_mut() } -> std::same_as<typename L::value_type&>;
  { std::move(lock).into_inner() } -> std::same_as<typename L::value_type>;
  lock.with(f);
};

template <class L>
concept LocksAlone = requires(L lock) {
  { lock.lock() } -> LockGuard<typename L::value_type>;
  { lock.try_lock() } -> std::same_as<std::optional<decltype(lock.lock())>>;
};

template <class L>
concept LocksShared = requires(L lock, void (*f)(const typename L::value_type&)) {
  lock.with_read(f);
  { lock.write() } -> LockGuard<typename L::value_type>;
  { lock.try_write() } -> std::same_as<std::optional<decltype(lock.write())>>;
  { lock.read() } -> LockGuard<const typename L::value_type>;
  { lock.try_read() } -> std::same_as<std::optional<decltype(lock.read())>>;
};

// They try at least once, and give up no earlier than the time says.
template <class L>
concept TimesAlone = requires(L lock, std::chrono::nanoseconds span,
                              std::chrono::steady_clock::time_point t) {
  { lock.try_lock_for(span) } -> std::same_as<std::optional<decltype(lock.lock())>>;
  { lock.try_lock_until(t) } -> std::same_as<std::optional<decltype(lock.lock())>>;
};

template <class L>
concept TimesShared = requires(L lock, std::chrono::nanoseconds span,
                               std::chrono::steady_clock::time_point t) {
  { lock.try_write_for(span) } -> std::same_as<std::optional<decltype(lock.write())>>;
  { lock.try_write_until(t) } -> std::same_as<std::optional<decltype(lock.write())>>;
  { lock.try_read_for(span) } -> std::same_as<std::optional<decltype(lock.read())>>;
  { lock.try_read_until(t) } -> std::same_as<std::optional<decltype(lock.read())>>;
};

template <class G>
concept PoisonsGuard = requires(G guard) {
  { guard.poisoned() } -> std::same_as<bool>;
  guard.clear_poison();
};

template <class L>
concept PoisonsAlone = requires(L lock, const L constant) {
  { constant.is_poisoned() } -> std::same_as<bool>;
  { lock.lock_poisoned() } -> std::same_as<decltype(lock.lock())>;
  { lock.lock_poisoned() } -> PoisonsGuard;
};

template <class L>
concept PoisonsShared = requires(L lock, const L constant) {
  { constant.is_poisoned() } -> std::same_as<bool>;
  { lock.write_poisoned() } -> std::same_as<decltype(lock.write())>;
  { lock.write_poisoned() } -> PoisonsGuard;
  { lock.read_poisoned() } -> std::same_as<decltype(lock.read())>;
};

template <class L>
concept Downgrades = requires(L lock) {
  { lock.write().downgrade() } -> std::same_as<decltype(lock.read())>;
};

// clang-format off
template <class L>
concept Lock =
    LockCore<L> &&
    (L::kTraits.shares || LocksAlone<L>) &&
    (!L::kTraits.shares || LocksShared<L>) &&
    (!L::kTraits.timed || L::kTraits.shares || TimesAlone<L>) &&
    (!L::kTraits.timed || !L::kTraits.shares || TimesShared<L>) &&
    (!L::kTraits.poisons || L::kTraits.shares || PoisonsAlone<L>) &&
    (!L::kTraits.poisons || !L::kTraits.shares || PoisonsShared<L>) &&
    (!L::kTraits.downgrades || (L::kTraits.shares && Downgrades<L>));
// clang-format on

}  // namespace assay
