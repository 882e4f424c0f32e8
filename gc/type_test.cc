#include "gc/type.h"

#include <gtest/gtest.h>

#include "gc/mark_sweep.h"

namespace assay::gc {
namespace {

TEST(ArrayClass, CellsFitAndWasteLittle) {
  for (std::size_t bytes = 8; bytes <= kMostCell; ++bytes) {
    const std::uint32_t cell_class = array_class(bytes);
    ASSERT_LT(cell_class, kArrayClasses) << bytes;
    const std::size_t cell = array_class_bytes(cell_class);
    ASSERT_GE(cell, bytes);
    ASSERT_EQ(cell % kGranule, 0u) << bytes;
    if (cell_class > 0) {
      ASSERT_LT(array_class_bytes(cell_class - 1), bytes);
    }
    if (bytes >= 128 && bytes <= 4096) {
      ASSERT_LE(cell, bytes + bytes / 8) << bytes;
    }
    if (bytes > 4096) {
      ASSERT_GT(kBlockBytes - kBlockBytes / cell * cell + cell, cell - 1);
    }
  }
}

struct Plain {
  long words[3];
};
struct alignas(128) Aligned {
  char text[200];
};
struct Part {
  MarkSweepHeap::Member<Plain> one;
  MarkSweepHeap::Weak<Plain> two;
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(one);
    visit(two);
  }
};
struct Whole {
  ~Whole() {}
  static constexpr bool kPinned = true;
  void finalize(MarkSweepHeap::Mutator&) noexcept {}
  Part part;
  MarkSweepHeap::Member<Whole> own;
  template <class Visitor>
  void trace(Visitor& visit) {
    part.trace(visit);
    visit(own);
  }
};

template <class T>
const TypeInfo& info() {
  return TypeOf<MarkSweepHeap, T>::info;
}

TEST(TypeInfo, SaysWhatTheTypeDoes) {
  EXPECT_TRUE(info<Plain>().leaf);
  EXPECT_EQ(info<Plain>().cell_bytes, 32u);
  EXPECT_EQ(info<Plain>().destroy, nullptr);
  EXPECT_EQ(info<Aligned>().cell_bytes, 256u);
  EXPECT_FALSE(info<Whole>().leaf);
  EXPECT_TRUE(info<Whole>().pinned);
  EXPECT_NE(info<Whole>().destroy, nullptr);
  EXPECT_NE(info<Whole>().finalize, nullptr);
  EXPECT_TRUE(info<Array<Plain>>().leaf);
  EXPECT_FALSE(info<Array<Part>>().leaf);
  EXPECT_FALSE(info<Array<MarkSweepHeap::Weak<Plain>>>().leaf);
}

TEST(TypeInfo, ShowsEveryReferenceOnce) {
  Whole whole;
  int strong = 0, weak = 0;
  std::pair<int*, int*> counts(&strong, &weak);
  const EdgeVisitor visitor{&counts, [](void* context, Reference&, bool is_weak) {
                              auto [strongs, weaks] = *static_cast<std::pair<int*, int*>*>(context);
                              ++*(is_weak ? weaks : strongs);
                            }};
  info<Whole>().edges(&whole, visitor);
  EXPECT_EQ(strong, 2);
  EXPECT_EQ(weak, 1);
}

TEST(ClaimClasses, GivesEachTypeItsOwnAndTheSameAgain) {
  std::atomic<std::uint32_t> first{0}, second{0};
  const std::uint32_t a = claim_classes(first, kArrayClasses), b = claim_classes(second, 1);
  EXPECT_GE(a, kArrayClasses);
  EXPECT_GE(b, a + kArrayClasses);
  EXPECT_EQ(claim_classes(first, kArrayClasses), a);
}

}  // namespace
}  // namespace assay::gc
