// Which slots of a slab are vacant: the two records that SlabStorage can keep beside its slots.
//
//   VacancyBits       one bit a slot, 1 where it is vacant; 0 in slots that were never used
//   SlotTags<Word>    one word a slot that grows with each insertion and each removal: even while the slot is
//                     live, odd otherwise, 1 in slots that were never used
//
// Both give vacancies of 64 slots at a time, which is how slabs are iterated. No checks, no ownership.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace assay {

constexpr std::size_t kSlabGroup = 64;  // slots whose vacancies are one word

constexpr std::size_t slab_groups(std::size_t slots) noexcept {
  return slots / kSlabGroup + (slots % kSlabGroup != 0);
}

// The lowest `count` bits of a group, count <= 64.
constexpr std::uint64_t slab_mask(std::size_t count) noexcept {
  return count < kSlabGroup ? (std::uint64_t{1} << count) - 1 : ~std::uint64_t{0};
}

class VacancyBits {
 public:
  static constexpr bool kFreshIsLive = true;    // a slot that was never used needs no flip when it is filled
  static constexpr std::size_t kMostBytes = 1;  // a slot, rounded up

  static constexpr std::size_t bytes(std::size_t slots) noexcept {
    return slab_groups(slots) * sizeof(std::uint64_t);
  }

  VacancyBits() = default;
  explicit VacancyBits(std::byte* memory) noexcept : words_(reinterpret_cast<std::uint64_t*>(memory)) {}

  bool vacant(std::size_t at) const noexcept {
    return (words_[at / kSlabGroup] >> (at % kSlabGroup) & 1) != 0;
  }
  void flip(std::size_t at) noexcept { words_[at / kSlabGroup] ^= std::uint64_t{1} << (at % kSlabGroup); }
  void flip_for_now(std::size_t at) noexcept { flip(at); }  // until it is called again

  // Of the group's slots below `used`.
  std::uint64_t vacancies(std::size_t group, std::size_t) const noexcept { return words_[group]; }

  // As in `other`, of which slots below `used` are in use, and fresh up to `slots`.
  void take(const VacancyBits& other, std::size_t used, std::size_t slots) noexcept {
    std::copy_n(other.words_, slab_groups(used), words_);
    std::fill(words_ + slab_groups(used), words_ + slab_groups(slots), std::uint64_t{0});
  }

  // All slots are fresh again.
  void renew(std::size_t used) noexcept { std::fill_n(words_, slab_groups(used), std::uint64_t{0}); }

 private:
  std::uint64_t* words_ = nullptr;
};

template <class Word>
class SlotTags {
 public:
  static constexpr bool kFreshIsLive = false;
  static constexpr std::size_t kMostBytes = sizeof(Word);
  static constexpr Word kFresh = 1;

  static constexpr std::size_t bytes(std::size_t slots) noexcept { return slots * sizeof(Word); }

  SlotTags() = default;
  explicit SlotTags(std::byte* memory) noexcept : tags_(reinterpret_cast<Word*>(memory)) {}

  Word tag(std::size_t at) const noexcept { return tags_[at]; }
  bool vacant(std::size_t at) const noexcept { return (tags_[at] & 1) != 0; }
  void flip(std::size_t at) noexcept { ++tags_[at]; }
  void flip_for_now(std::size_t at) noexcept { tags_[at] ^= 1; }

  std::uint64_t vacancies(std::size_t group, std::size_t used) const noexcept {
    const Word* tags = tags_ + group * kSlabGroup;
    const std::size_t count = std::min(kSlabGroup, used - group * kSlabGroup);
    std::uint64_t bits = 0;
#ifdef __SSE2__
    if (count == kSlabGroup) {
      for (std::size_t i = 0; i < kSlabGroup; i += 16)
        bits |= static_cast<std::uint64_t>(lowest_bits(tags + i)) << i;
      return bits;
    }
#endif
    for (std::size_t i = count; i-- > 0;) bits = bits * 2 + (tags[i] & 1);
    return bits;
  }

  void take(const SlotTags& other, std::size_t used, std::size_t slots) noexcept {
    std::copy_n(other.tags_, used, tags_);
    std::fill(tags_ + used, tags_ + slots, kFresh);
  }

 private:
#ifdef __SSE2__
  // Of sixteen words: each lowest bit becomes a sign, and saturation keeps signs while it narrows to bytes.
  static unsigned lowest_bits(const Word* tags) noexcept {
    const auto* words = reinterpret_cast<const __m128i*>(tags);
    const auto load = [words](int i) { return _mm_loadu_si128(words + i); };
    __m128i signs;
    if constexpr (sizeof(Word) == 4) {
      const auto sign = [load](int i) { return _mm_slli_epi32(load(i), 31); };
      signs = _mm_packs_epi16(_mm_packs_epi32(sign(0), sign(1)), _mm_packs_epi32(sign(2), sign(3)));
    } else if constexpr (sizeof(Word) == 2) {
      signs = _mm_packs_epi16(_mm_slli_epi16(load(0), 15), _mm_slli_epi16(load(1), 15));
    } else {
      signs = _mm_slli_epi16(load(0), 7);
    }
    return static_cast<unsigned>(_mm_movemask_epi8(signs));
  }
#endif

  Word* tags_ = nullptr;
};

}  // namespace assay
