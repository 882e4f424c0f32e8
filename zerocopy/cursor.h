// Integers and floats of a given byte order from a source of bytes, and into a mutable buffer.
//
//   const auto length = get_be<std::uint32_t>(in);          const auto type = try_get_le<std::uint16_t>(in);
//   put_be<std::uint32_t>(out, length);                     put_uint_be(out, length, 3);
//
// A source has its bytes in one chunk or in several, and is consumed from the front: Bytes, BytesMut, Chain,
// ByteView below, and what else has
//
//   std::size_t remaining() const noexcept;                  all that is left
//   std::span<const std::byte> chunk() const noexcept;       the next of them; none only if none remain
//   void advance(std::size_t n);                             n <= remaining(); over chunks too
//
// I1: nobody takes more than remains: it ends the program, in every build. try_…() takes nothing then and
// says so. A put makes room as append() does.
//
// Costs. A get is a comparison, a load and the source's advance(); the bytes of the other order are swapped
// in a register. A source that is a contiguous range has one chunk only. Values that lie across chunks are
// put together byte by byte, out of line.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>

#include "zerocopy/bytes.h"
#include "zerocopy/misuse.h"

namespace assay {

template <class S>
concept ByteSource = requires(S source, const S constant, std::size_t n) {
  { constant.remaining() }
  noexcept->std::same_as<std::size_t>;
  { constant.chunk() }
  noexcept->std::same_as<std::span<const std::byte>>;
  source.advance(n);
};

// What spare() and commit() give bytes to.
template <class M>
concept ByteSink = requires(M sink, std::size_t n, std::span<const std::byte> bytes) {
  { sink.spare() } -> std::same_as<std::span<std::byte>>;
  sink.commit(n);
  sink.append(bytes);
};

template <class T>
concept PlainNumber = (std::integral<T> || std::floating_point<T>)&&!std::same_as<T, bool> &&
                      sizeof(T) <= sizeof(std::uint64_t);

// A source of bytes that somebody else keeps.
class ByteView {
 public:
  constexpr explicit ByteView(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  constexpr std::size_t remaining() const noexcept { return bytes_.size(); }
  constexpr std::span<const std::byte> chunk() const noexcept { return bytes_; }
  constexpr const std::byte* begin() const noexcept { return bytes_.data(); }
  constexpr const std::byte* end() const noexcept { return bytes_.data() + bytes_.size(); }
  constexpr void advance(std::size_t n) noexcept {
    if (n > bytes_.size()) [[unlikely]]
      zerocopy::misuse("cursor I1", "position %zu of %zu bytes", n, bytes_.size());
    bytes_ = bytes_.subspan(n);
  }

 private:
  std::span<const std::byte> bytes_;
};

namespace zerocopy {

template <std::size_t kSize>
using UnsignedOf =
    std::conditional_t<kSize == 1, std::uint8_t,
                       std::conditional_t<kSize == 2, std::uint16_t,
                                          std::conditional_t<kSize == 4, std::uint32_t, std::uint64_t>>>;

// To the other order or from it.
template <std::endian kOrder, std::unsigned_integral Word>
[[gnu::always_inline]] constexpr Word in_order(Word word) noexcept {
  if constexpr (kOrder == std::endian::native || sizeof(Word) == 1)
    return word;
  else if constexpr (sizeof(Word) == 2)
    return __builtin_bswap16(word);
  else if constexpr (sizeof(Word) == 4)
    return __builtin_bswap32(word);
  else
    return __builtin_bswap64(word);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void too_few(std::size_t wanted, std::size_t remaining) {
  misuse("cursor I1", "%zu bytes are taken where %zu remain", wanted, remaining);
}

template <ByteSource S>
void take(S& source, std::span<std::byte> into) {
  if (into.size() > source.remaining()) [[unlikely]]
    too_few(into.size(), source.remaining());
  while (!into.empty()) {
    const std::span<const std::byte> chunk = source.chunk();
    const std::size_t n = std::min(chunk.size(), into.size());
    std::memcpy(into.data(), chunk.data(), n);
    source.advance(n);
    into = into.subspan(n);
  }
}

template <class Word, ByteSource S>
[[gnu::noinline]] Word take_across_chunks(S& source) {
  std::array<std::byte, sizeof(Word)> bytes;
  take(source, bytes);
  return std::bit_cast<Word>(bytes);
}

// A source that is a contiguous range has one chunk. What is out of line does not see it then, so that the
// compiler can keep it in registers.
template <class S>
concept OneChunk = std::ranges::contiguous_range<const S>;

template <PlainNumber T, std::endian kOrder, ByteSource S>
[[gnu::always_inline]] inline T get(S& source) {
  using Word = UnsignedOf<sizeof(T)>;
  const std::span<const std::byte> chunk = source.chunk();
  Word word;
  if (chunk.size() < sizeof word) [[unlikely]] {
    if constexpr (OneChunk<S>)
      too_few(sizeof word, chunk.size());
    else
      word = take_across_chunks<Word>(source);
  } else {
    std::memcpy(&word, chunk.data(), sizeof word);
    source.advance(sizeof word);
  }
  return std::bit_cast<T>(in_order<kOrder>(word));
}

template <PlainNumber T, std::endian kOrder, ByteSource S>
[[gnu::always_inline]] inline std::optional<T> try_get(S& source) {
  if (source.remaining() < sizeof(T)) return std::nullopt;
  return get<T, kOrder>(source);
}

template <class Word, ByteSink M>
[[gnu::noinline]] void put_into_more(M& sink, Word word) {
  sink.append(std::bit_cast<std::array<std::byte, sizeof word>>(word));
}

template <std::endian kOrder, PlainNumber T, ByteSink M>
[[gnu::always_inline]] inline void put(M& sink, T value) {
  const auto word = in_order<kOrder>(std::bit_cast<UnsignedOf<sizeof(T)>>(value));
  const std::span<std::byte> room = sink.spare();
  if (room.size() < sizeof word) [[unlikely]]
    return put_into_more(sink, word);
  // Committed first, or the compiler takes the bytes for what commit() looks at.
  sink.commit(sizeof word);
  std::memcpy(room.data(), &word, sizeof word);
}

[[gnu::always_inline]] inline void check_width(std::size_t width) {
  if (width > sizeof(std::uint64_t)) [[unlikely]]
    misuse("cursor I2", "an integer of %zu bytes, where 8 are most", width);
}

// The place of the least significant byte is the same for all widths in a word of that order.
template <std::endian kOrder>
constexpr std::size_t first_of(std::size_t width) noexcept {
  return kOrder == std::endian::big ? sizeof(std::uint64_t) - width : 0;
}

template <std::endian kOrder, ByteSource S>
std::uint64_t get_uint(S& source, std::size_t width) {
  check_width(width);
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  take(source, std::span(bytes).subspan(first_of<kOrder>(width), width));
  return in_order<kOrder>(std::bit_cast<std::uint64_t>(bytes));
}

template <std::endian kOrder, ByteSink M>
void put_uint(M& sink, std::uint64_t value, std::size_t width) {
  check_width(width);
  if (width < sizeof value && value >> (8 * width) != 0) [[unlikely]]
    misuse("cursor I3", "%llu does not fit in %zu bytes", static_cast<unsigned long long>(value), width);
  const auto bytes = std::bit_cast<std::array<std::byte, sizeof value>>(in_order<kOrder>(value));
  sink.append(std::span(bytes).subspan(first_of<kOrder>(width), width));
}

constexpr std::int64_t sign_extended(std::uint64_t value, std::size_t width) noexcept {
  if (width == 0) return 0;
  const auto shift = static_cast<int>(8 * (sizeof value - width));
  return static_cast<std::int64_t>(value << shift) >> shift;
}

}  // namespace zerocopy

template <PlainNumber T, ByteSource S>
[[gnu::always_inline]] inline T get_be(S& source) {
  return zerocopy::get<T, std::endian::big>(source);
}
template <PlainNumber T, ByteSource S>
[[gnu::always_inline]] inline T get_le(S& source) {
  return zerocopy::get<T, std::endian::little>(source);
}

// Nothing, and nothing is taken, if too few bytes remain.
template <PlainNumber T, ByteSource S>
[[gnu::always_inline]] inline std::optional<T> try_get_be(S& source) {
  return zerocopy::try_get<T, std::endian::big>(source);
}
template <PlainNumber T, ByteSource S>
[[gnu::always_inline]] inline std::optional<T> try_get_le(S& source) {
  return zerocopy::try_get<T, std::endian::little>(source);
}

template <PlainNumber T, ByteSink M>
[[gnu::always_inline]] inline void put_be(M& sink, T value) {
  zerocopy::put<std::endian::big>(sink, value);
}
template <PlainNumber T, ByteSink M>
[[gnu::always_inline]] inline void put_le(M& sink, T value) {
  zerocopy::put<std::endian::little>(sink, value);
}

// Integers of 0 to 8 bytes. I2: the width is one of these. I3: the value fits. get_int: in two's complement.
template <ByteSource S>
std::uint64_t get_uint_be(S& source, std::size_t width) {
  return zerocopy::get_uint<std::endian::big>(source, width);
}
template <ByteSource S>
std::uint64_t get_uint_le(S& source, std::size_t width) {
  return zerocopy::get_uint<std::endian::little>(source, width);
}
template <ByteSource S>
std::int64_t get_int_be(S& source, std::size_t width) {
  return zerocopy::sign_extended(get_uint_be(source, width), width);
}
template <ByteSource S>
std::int64_t get_int_le(S& source, std::size_t width) {
  return zerocopy::sign_extended(get_uint_le(source, width), width);
}
template <ByteSink M>
void put_uint_be(M& sink, std::uint64_t value, std::size_t width) {
  zerocopy::put_uint<std::endian::big>(sink, value, width);
}
template <ByteSink M>
void put_uint_le(M& sink, std::uint64_t value, std::size_t width) {
  zerocopy::put_uint<std::endian::little>(sink, value, width);
}

// Takes as many bytes as there is room for.
template <ByteSource S>
void copy_to(S& source, std::span<std::byte> into) {
  zerocopy::take(source, into);
}

// Takes n bytes as Bytes: without a copy if they are in one handle, else into a storage of their own.
template <ByteSource S>
auto copy_to_bytes(S& source, std::size_t n) {
  if constexpr (requires { source.copy_to_bytes(n); }) {
    return source.copy_to_bytes(n);
  } else if constexpr (requires { source.split_to(n).freeze(); }) {
    return source.split_to(n).freeze();
  } else if constexpr (requires { source.split_to(n); }) {
    return source.split_to(n);
  } else {
    if (n > source.remaining()) [[unlikely]]
      zerocopy::too_few(n, source.remaining());
    BytesMut made = BytesMut::with_capacity(n);
    zerocopy::take(source, made.spare().first(n));
    made.commit(n);
    return std::move(made).freeze();
  }
}

static_assert(ByteSource<Bytes> && ByteSource<BytesMut> && ByteSource<ByteView> && ByteSink<BytesMut>);

}  // namespace assay
