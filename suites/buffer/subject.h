// What every check of this family is written with: bytes that are known, handles to them from every source,
// and owners that testify.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/core/watched_heap.h"
#include "suites/core/witness.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

using View = std::span<const std::byte>;
using Content = std::vector<std::byte>;

// Bytes that tell which seed and which place they are from.
inline Content content(std::size_t size, std::uint64_t seed = 1) {
  Content bytes(size);
  fill_pattern(bytes.data(), size, seed);
  return bytes;
}

// A part of `bytes`, to compare with.
inline View part(const Content& bytes, std::size_t begin, std::size_t end) {
  return View(bytes).subspan(begin, end - begin);
}

// The bytes of content(), which live as long as the program.
constexpr std::size_t kMostStatic = 8192;
inline View static_content(std::size_t size) {
  static std::byte bytes[kMostStatic];
  static const bool filled = (fill_pattern(bytes, sizeof bytes, 1), true);
  if (!filled || size > sizeof bytes) skipped("there are no %zu static bytes", size);
  return {bytes, size};
}

// An owner whose bytes lie elsewhere. It is moved only, as files and mappings are.
class Parcel {
 public:
  explicit Parcel(View bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Parcel(Parcel&&) = default;
  Parcel& operator=(Parcel&&) = delete;
  operator View() const noexcept { return bytes_; }

 private:
  Witness witness_;
  Content bytes_;
};

// One whose bytes lie in itself: who asks for them before it is where it stays has the wrong ones.
class alignas(64) Inline {
 public:
  static constexpr std::size_t kSize = 40;
  explicit Inline(std::uint64_t seed) { fill_pattern(bytes_, kSize, seed); }
  Inline(Inline&& other) : witness_(std::move(other.witness_)) {
    std::memcpy(bytes_, other.bytes_, kSize);
    other.end();
  }
  Inline& operator=(Inline&&) = delete;
  ~Inline() { end(); }
  operator View() const noexcept { return bytes_; }

 private:
  void end() {
    std::memset(bytes_, 0x55, kSize);
    asm volatile("" : : "r"(bytes_) : "memory");  // or the stores are dead
  }

  Witness witness_;
  std::byte bytes_[kSize];
};

// Where a handle's bytes come from.
enum class Source { kStatic, kCopied, kOwned, kFrozen, kFront, kAdvanced, kRegained };
constexpr Source kSources[] = {Source::kStatic, Source::kCopied,   Source::kOwned,   Source::kFrozen,
                               Source::kFront,  Source::kAdvanced, Source::kRegained};

inline const char* name_of(Source source) {
  constexpr const char* kNames[] = {"from_static",
                                    "copy_of",
                                    "from_owner",
                                    "freeze()",
                                    "freeze() of a front part",
                                    "freeze() of what was behind",
                                    "freeze() after try_into_mut()"};
  return kNames[static_cast<int>(source)];
}

template <class B>
typename B::Mutable make_mutable(View bytes, std::size_t room = 0) {
  auto made = B::Mutable::with_capacity(bytes.size() + room);
  made.append(bytes);
  return made;
}

// The only handle to content(size).
template <class B>
B make(Source source, std::size_t size) {
  if (source == Source::kStatic) return B::from_static(static_content(size));
  const Content bytes = content(size);
  switch (source) {
    case Source::kCopied:
      return B::copy_of(bytes);
    case Source::kOwned:
      return B::from_owner(Parcel(bytes));
    case Source::kFront: {
      auto whole = make_mutable<B>(bytes, 20);
      whole.append(content(9, 77));
      return whole.split_to(size).freeze();
    }
    case Source::kAdvanced: {
      auto whole = make_mutable<B>(content(13, 78));
      whole.append(bytes);
      whole.advance(13);
      return std::move(whole).freeze();
    }
    case Source::kRegained: {
      B frozen = make_mutable<B>(bytes).freeze();
      if (auto again = std::move(frozen).try_into_mut()) return std::move(*again).freeze();
      return frozen;
    }
    default:
      return make_mutable<B>(bytes).freeze();
  }
}

// `handle`, a B or its Mutable, has these bytes.
template <class H>
void expect(const H& handle, View bytes, const char* when) {
  if (handle.size() != bytes.size())
    violated("%s, size() is %zu instead of %zu", when, handle.size(), bytes.size());
  if (handle.empty() != bytes.empty())
    violated("%s, empty() is %d with %zu bytes", when, handle.empty(), bytes.size());
  if (bytes.empty() || std::memcmp(handle.data(), bytes.data(), bytes.size()) == 0) return;
  std::size_t i = 0;
  while (handle.data()[i] == bytes[i]) ++i;
  violated("%s, byte %zu of %zu is %#x instead of %#x", when, i, bytes.size(),
           static_cast<unsigned>(handle.data()[i]), static_cast<unsigned>(bytes[i]));
}

// Nothing was moved, if the subject says so. Where an empty handle points says nothing.
template <class B, class H>
void expect_at(const H& handle, const std::byte* address, const char* when) {
  if constexpr (B::kTraits.shares) {
    if (!handle.empty() && handle.data() != address)
      violated("%s, the bytes are at %p instead of %p: they were copied", when,
               static_cast<const void*>(handle.data()), static_cast<const void*>(address));
  }
}

// The sizes around which counts, words, cache lines and small buffers end.
constexpr std::size_t kSizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 255, 256, 257, 4096};

}  // namespace assay::suite::buffer
