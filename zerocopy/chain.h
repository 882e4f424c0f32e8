// Chain<A, B>: two sources of bytes that are read as one, without a copy: a head and a body for writev(2), or
// messages that came in pieces for a parser. A chain is a source, so that chains of chains are of any length.
//
//   auto response = chain(std::move(head), chain(body, Bytes::from_static(kTrailer)));
//   iovec vectors[8];
//   const ssize_t written = writev(socket, vectors, static_cast<int>(response.chunks(vectors)));
//   if (written > 0) response.advance(static_cast<std::size_t>(written));
//
// Invariants
//   I1  nobody advances beyond what remains: it ends the program (the second source's own check)
//   I2  what remains of the first source comes before the second; chunk() is empty only if both are
//
// Costs. One branch a chain on the way to a chunk; nothing is allocated. copy_to_bytes() moves no byte unless
// the bytes are on both sides. As thread-safe as its sources.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include "zerocopy/bytes.h"
#include "zerocopy/cursor.h"

namespace assay {

namespace zerocopy {

// Only writev() and its like see the vectors, which write to nothing.
inline iovec vector_of(std::span<const std::byte> chunk) noexcept {
  return {const_cast<std::byte*>(chunk.data()), chunk.size()};
}

}  // namespace zerocopy

// Fills `into` with what remains, in order and as far as there is room, and returns how many were filled: of
// a source of several chunks that has no chunks() the first. They refer to the source: it may be advanced
// when writev() has returned, and not before.
template <ByteSource S>
std::size_t chunks_of(const S& source, std::span<iovec> into) noexcept {
  if constexpr (requires { source.chunks(into); }) {
    return source.chunks(into);
  } else {
    if (into.empty() || source.remaining() == 0) return 0;
    into[0] = zerocopy::vector_of(source.chunk());
    return 1;
  }
}

template <ByteSource A, ByteSource B>
class Chain {
 public:
  Chain(A first, B second) : first_(std::move(first)), second_(std::move(second)) {}

  // As many as a size_t can tell.
  std::size_t remaining() const noexcept {
    std::size_t sum = 0;
    return __builtin_add_overflow(first_.remaining(), second_.remaining(), &sum)
               ? std::numeric_limits<std::size_t>::max()
               : sum;
  }
  std::span<const std::byte> chunk() const noexcept {
    const std::span<const std::byte> first = first_.chunk();
    return first.empty() ? second_.chunk() : first;
  }
  void advance(std::size_t n) {
    const std::size_t of_first = std::min(n, first_.remaining());
    if (of_first != 0) first_.advance(of_first);
    if (n != of_first) second_.advance(n - of_first);
  }

  std::size_t chunks(std::span<iovec> into) const noexcept {
    const std::size_t filled = chunks_of(first_, into);
    std::size_t of_first = 0;
    for (const iovec& vector : into.first(filled)) of_first += vector.iov_len;
    if (of_first < first_.remaining()) return filled;  // what is left of it comes before the second
    return filled + chunks_of(second_, into.subspan(filled));
  }

  // Throws std::bad_alloc if the bytes are on both sides, and is then as it was.
  auto copy_to_bytes(std::size_t n) {
    using Result = decltype(assay::copy_to_bytes(first_, n));
    static_assert(std::same_as<Result, decltype(assay::copy_to_bytes(second_, n))>,
                  "both sources of a chain give the same kind of Bytes");
    if (n <= first_.remaining()) return assay::copy_to_bytes(first_, n);
    if (first_.remaining() == 0) return assay::copy_to_bytes(second_, n);
    if (n > remaining()) [[unlikely]]
      zerocopy::too_few(n, remaining());
    auto made = Result::Mutable::with_capacity(n);
    zerocopy::take(*this, made.spare().first(n));
    made.commit(n);
    return std::move(made).freeze();
  }

  A& first() noexcept { return first_; }
  const A& first() const noexcept { return first_; }
  B& second() noexcept { return second_; }
  const B& second() const noexcept { return second_; }

 private:
  A first_;
  B second_;
};

// Of values: a handle that is still needed is cloned.
template <ByteSource A, ByteSource B>
Chain<A, B> chain(A first, B second) {
  return {std::move(first), std::move(second)};
}

static_assert(ByteSource<Chain<Bytes, Chain<BytesMut, Bytes>>>);

}  // namespace assay
