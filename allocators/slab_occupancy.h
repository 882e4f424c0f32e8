// Which slots of a slab are vacant: the two records that SlabStorage can keep beside its slots.
//
//   VacancyBits       one bit a slot, 1 where it is vacant; 0 in slots that were never used
//   SlotTags<Word>    one word a slot that grows when the slot is vacated and when it is filled again: odd
//                     while it is vacant, otherwise even; 2 in slots that were never used. Beside them bits
//                     as above, which the owner sets when it wants them
//
// The bits give vacancies of 64 slots at a time, which is how slabs are iterated. In both a fresh slot, one
// above those in use, is already marked as live, so that filling it writes nothing. No checks, no ownership.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

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
  // Whether it is the owner that brings the bits up to date.
  static constexpr bool kBitsLag = false;
  static constexpr std::size_t kMostBytes = 1;  // a slot, rounded up

  static constexpr std::size_t bytes(std::size_t slots) noexcept {
    return slab_groups(slots) * sizeof(std::uint64_t);
  }

  VacancyBits() = default;
  VacancyBits(std::byte* memory, std::size_t) noexcept : words_(reinterpret_cast<std::uint64_t*>(memory)) {}

  bool vacant(std::size_t at) const noexcept {
    return (words_[at / kSlabGroup] >> (at % kSlabGroup) & 1) != 0;
  }
  // From live to vacant, and back.
  void flip(std::size_t at) noexcept { words_[at / kSlabGroup] ^= std::uint64_t{1} << (at % kSlabGroup); }
  void flip_for_now(std::size_t at) noexcept { flip(at); }  // until it is called again

  // Of the group's slots below `used`.
  std::uint64_t vacancies(std::size_t group, std::size_t) const noexcept { return words_[group]; }

  // As in `other`, of which slots below `used` are in use, and fresh up to `slots`. It may lie lower in the
  // same memory.
  void take(const VacancyBits& other, std::size_t used, std::size_t slots) noexcept {
    if (used > 0) std::memmove(words_, other.words_, bytes(used));
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
  static constexpr bool kBitsLag = true;
  static constexpr std::size_t kMostBytes = VacancyBits::kMostBytes + sizeof(Word);
  static constexpr Word kFresh = 2;

  static constexpr std::size_t bytes(std::size_t slots) noexcept {
    return VacancyBits::bytes(slots) + slots * sizeof(Word);
  }

  SlotTags() = default;
  SlotTags(std::byte* memory, std::size_t slots) noexcept
      : bits_(memory, slots), tags_(reinterpret_cast<Word*>(memory + VacancyBits::bytes(slots))) {}

  Word tag(std::size_t at) const noexcept { return tags_[at]; }
  bool vacant(std::size_t at) const noexcept { return (tags_[at] & 1) != 0; }
  void flip(std::size_t at) noexcept { ++tags_[at]; }
  void flip_for_now(std::size_t at) noexcept { tags_[at] ^= 1; }

  // The bits.
  bool marked(std::size_t at) const noexcept { return bits_.vacant(at); }
  void mark(std::size_t at) noexcept { bits_.flip(at); }  // or takes the mark away
  std::uint64_t marks(std::size_t group) const noexcept { return bits_.vacancies(group, 0); }

  void unmark_all(std::size_t used) noexcept { bits_.renew(used); }

  // Of the group's slots below `used`, by their tags.
  std::uint64_t vacancies(std::size_t group, std::size_t used) const noexcept {
    const Word* tags = tags_ + group * kSlabGroup;
    std::uint64_t bits = 0;
    for (std::size_t i = std::min(kSlabGroup, used - group * kSlabGroup); i-- > 0;)
      bits = bits * 2 + (tags[i] & 1);
    return bits;
  }

  // The tags first, which are above the bits.
  void take(const SlotTags& other, std::size_t used, std::size_t slots) noexcept {
    if (used > 0) std::memmove(tags_, other.tags_, used * sizeof(Word));
    std::fill(tags_ + used, tags_ + slots, kFresh);
    bits_.take(other.bits_, used, slots);
  }

  // All slots, vacant now, are fresh again: with the tags that their next values will have.
  void renew(std::size_t used) noexcept {
    unmark_all(used);
    for (std::size_t at = 0; at < used; ++at) ++tags_[at];
  }

 private:
  VacancyBits bits_;
  Word* tags_ = nullptr;
};

}  // namespace assay
