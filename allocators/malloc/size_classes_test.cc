#include "allocators/malloc/size_classes.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::drop_in {
namespace {

TEST(SizeClassesTest, EverySizeHasTheLeastClassThatHoldsIt) {
  for (std::size_t size = 1; size <= kSmallLimit; ++size) {
    const unsigned c = class_of(size);
    ASSERT_LT(c, kClasses) << size;
    ASSERT_GE(class_size(c), size);
    if (c > 1) {
      ASSERT_LT(class_size(c - 1), size);
    }
  }
  EXPECT_EQ(class_of(0), 1u);
}

TEST(SizeClassesTest, WasteIsFifteenBytesOrAnEighth) {
  for (std::size_t size = 1; size <= kSmallLimit; ++size) {
    const std::size_t waste = class_size(class_of(size)) - size;
    ASSERT_LE(waste, size <= kExactLimit ? 15 : size / 8) << size;
  }
}

TEST(SizeClassesTest, TheInverseTellsMultiplesFromOtherOffsets) {
  for (unsigned c = 1; c < kClasses; ++c) {
    if (kFacts[c].units > 1) continue;
    const std::uint32_t inverse = kFacts[c].inverse;
    for (std::uint32_t offset = 0; offset < kUnit; ++offset)
      ASSERT_EQ(offset * inverse < inverse, offset % class_size(c) == 0) << class_size(c) << " at " << offset;
  }
}

TEST(SizeClassesTest, AnAlignedClassHasAlignedObjectsAndIsLargeEnough) {
  for (std::size_t alignment = 16; alignment <= kSmallLimit; alignment *= 2)
    for (std::size_t size = 1; size <= kSmallLimit; size += 7) {
      const unsigned c = aligned_class(size, alignment);
      ASSERT_NE(c, 0u);
      ASSERT_EQ(class_size(c) % alignment, 0u);
      ASSERT_GE(class_size(c), size);
    }
  EXPECT_EQ(aligned_class(100, 2 * kSmallLimit), 0u);
  EXPECT_EQ(aligned_class(kSmallLimit + 1, 16), 0u);
}

TEST(SizeClassesTest, AKindTellsWhichUnitOfWhichBlock) {
  std::set<unsigned> kinds = {0, kMixed};
  for (unsigned c = 1; c < kClasses; ++c)
    for (unsigned unit = 0; unit < kFacts[c].units; ++unit) {
      const unsigned kind = kind_of(c, unit);
      EXPECT_TRUE(kinds.insert(kind).second) << kind;
      EXPECT_FALSE(is_large(kind));
      EXPECT_EQ(unit_of_class(kind).size_class, c);
      EXPECT_EQ(unit_of_class(kind).unit, unit);
    }
  EXPECT_EQ(*kinds.rbegin() + 1, kLarge);
  EXPECT_EQ(unit_of_class(kMixed).size_class, kMixed);
}

TEST(SizeClassesTest, AKindTellsTheLengthOfALargeObjectOfFewUnits) {
  for (unsigned units = 1; units <= kShortUnits + 2; ++units) {
    const unsigned kind = kind_of_large(units);
    EXPECT_TRUE(is_large(kind));
    EXPECT_LT(kind, kKinds);
    EXPECT_EQ(short_units(kind), units <= kShortUnits ? units : 0);
  }
}

TEST(SizeClassesTest, ObjectsOfABlockFitInIt) {
  for (unsigned c = 1; c < kClasses; ++c) {
    EXPECT_LE(kFacts[c].capacity * class_size(c), kFacts[c].units * kUnit);
    EXPECT_GE(kFacts[c].capacity, 8u);
    EXPECT_LE(kFacts[c].batch, 255u);
  }
}

}  // namespace
}  // namespace assay::drop_in
