// What a shared byte buffer claims and owes: handles to immutable bytes that are never copied when handles
// are cloned, sliced or split, and a handle of one owner to bytes that can still be written, which becomes
// the other kind without a copy.
//
//   class MyBytes {                                  // immutable, shared; copies are O(1)
//     static constexpr assay::BufferTraits kTraits{...};
//     using Mutable = MyBytesMut;
//     MyBytes() noexcept;                            // empty, as what a move leaves behind
//     using Source = std::span<const std::byte>;
//     static MyBytes from_static(Source) noexcept;   // of bytes that live as long as the program
//     static MyBytes copy_of(Source);
//     template <class Owner>
//     static MyBytes from_owner(Owner&&);            // of what converts to a Source; the last handle ends it
//     const std::byte* data() const noexcept;        // and size(), empty()
//     MyBytes slice(std::size_t begin, std::size_t end) const;
//     MyBytes slice_of(Source part) const;           // of a part that lies within these bytes
//     MyBytes split_to(std::size_t n);               // the first n; this keeps the rest
//     MyBytes split_off(std::size_t n);              // from n on; this keeps the first n
//     void truncate(std::size_t n) noexcept;         // and advance(n), clear()
//     bool is_unique() const noexcept;               // no other handle to the storage
//     std::optional<Mutable> try_into_mut() &&;      // if unique, and no owner's; else it stays as it is
//   };                                               // == and <=> compare bytes
//
//   class MyBytesMut {                               // one owner; moves only
//     using Shared = MyBytes;
//     static MyBytesMut with_capacity(std::size_t);
//     std::byte* data() noexcept;                    // and size(), capacity(), empty()
//     void reserve(std::size_t more);                // room for so many: reclaims before it allocates
//     bool try_reclaim(std::size_t more) noexcept;   // the same without allocating
//     std::span<std::byte> spare() noexcept;         // room behind the bytes, uninitialised
//     void commit(std::size_t n);                    // the first n of spare() have been written
//     void append(std::span<const std::byte>);       // grows; of its own bytes too; and resize(n, fill)
//     void truncate(std::size_t n);                  // and advance(n), clear()
//     MyBytesMut split();                            // all bytes; this keeps the room behind them
//     MyBytesMut split_to(std::size_t n);            // and split_off(n), whose room goes with it
//     void unsplit(MyBytesMut&& next);               // no copy if nothing lies between the two
//     MyBytes freeze() &&;                           // it is left empty
//   };
//   static_assert(assay::Buffer<MyBytes>);
//
// Both read as a cursor (zerocopy/cursor.h works on them): remaining() is size(), chunk() is all of it.
//
// Misuse (a range that is none, n beyond the size, a part of other memory) ends the program and names the
// invariant, in every build; truncate() beyond the size changes nothing. Sizes that cannot be are
// std::length_error, exhausted memory is std::bad_alloc, and the handle is then as it was.
//
// An empty handle, wherever it comes from, may let go of the storage or share it; it must not end it. Whether
// handles without storage, static and empty ones, are unique is not said. One handle may be copied by several
// threads at a time, if it may be used by several at all.
//
// Complexity: everything but copy_of, append, resize, reserve, try_reclaim, unsplit() of strangers and
// comparisons is O(1) and moves no byte.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace assay {

struct BufferTraits {
  bool threads = false;        // handles to one storage may be used on several threads at a time
  bool shares = true;          // clone, slice, split, freeze, unsplit move no byte: the same addresses
  bool reclaims = false;       // reserve() uses room that other handles have left, and does not grow for ever
  bool small_handles = false;  // of four words at most
};

namespace buffer_concept {
struct Owner {
  operator std::span<const std::byte>() const noexcept;
};
}  // namespace buffer_concept

template <class M>
concept MutableBuffer =
    std::default_initializable<M> && std::movable<M> && !std::copyable<M> &&
    requires(M bytes, const M constant, std::size_t n, std::span<const std::byte> source) {
  { M::with_capacity(n) } -> std::same_as<M>;
  { bytes.data() }
  noexcept->std::same_as<std::byte*>;
  { constant.data() }
  noexcept->std::same_as<const std::byte*>;
  { constant.size() }
  noexcept->std::same_as<std::size_t>;
  { constant.capacity() }
  noexcept->std::same_as<std::size_t>;
  { constant.empty() }
  noexcept->std::same_as<bool>;
  bytes.reserve(n);
  { bytes.try_reclaim(n) }
  noexcept->std::same_as<bool>;
  { bytes.spare() }
  noexcept->std::same_as<std::span<std::byte>>;
  bytes.commit(n);
  bytes.append(source);
  bytes.resize(n, std::byte{});
  bytes.truncate(n);
  bytes.clear();
  bytes.advance(n);
  { bytes.split() } -> std::same_as<M>;
  { bytes.split_to(n) } -> std::same_as<M>;
  { bytes.split_off(n) } -> std::same_as<M>;
  bytes.unsplit(std::move(bytes));
  { std::move(bytes).freeze() } -> std::same_as<typename M::Shared>;
};

template <class B>
concept Buffer = std::default_initializable<B> && std::copyable<B> && std::totally_ordered<B> &&
    MutableBuffer<typename B::Mutable> && std::same_as<typename B::Mutable::Shared, B> &&
    requires(B bytes, const B constant, std::size_t n, std::span<const std::byte> source,
             buffer_concept::Owner owner) {
  { B::kTraits } -> std::convertible_to<const BufferTraits&>;
  { B::from_static(source) }
  noexcept->std::same_as<B>;
  { B::copy_of(source) } -> std::same_as<B>;
  { B::from_owner(std::move(owner)) } -> std::same_as<B>;
  { constant.data() }
  noexcept->std::same_as<const std::byte*>;
  { constant.size() }
  noexcept->std::same_as<std::size_t>;
  { constant.empty() }
  noexcept->std::same_as<bool>;
  { constant.slice(n, n) } -> std::same_as<B>;
  { constant.slice_of(source) } -> std::same_as<B>;
  { bytes.split_to(n) } -> std::same_as<B>;
  { bytes.split_off(n) } -> std::same_as<B>;
  bytes.truncate(n);
  bytes.advance(n);
  bytes.clear();
  { constant.is_unique() }
  noexcept->std::same_as<bool>;
  { std::move(bytes).try_into_mut() } -> std::same_as<std::optional<typename B::Mutable>>;
};

}  // namespace assay
