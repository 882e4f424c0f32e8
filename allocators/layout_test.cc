#include "allocators/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {
namespace {

struct Order {
  bool paid;
  double price;
  std::uint16_t lines;
};
struct Reordered {
  double price;
  std::uint16_t lines;
  bool paid;
};
struct [[gnu::packed]] PackedOrder {
  bool paid;
  double price;
  std::uint16_t lines;
};
struct alignas(64) LineOrder {
  bool paid;
  double price;
  std::uint16_t lines;
};
struct Counters {
  std::uint64_t mine;
  alignas(64) std::uint64_t theirs;
};
struct Wide {
  char head[40];
  std::array<std::uint64_t, 4> body;
  char tail[3];
};
template <class T>
struct Pair {
  T first;
  std::pair<int, char> second;
};

constexpr std::size_t kPadding = padding_of<&Order::paid, &Order::price, &Order::lines>;
constexpr std::size_t kLeastSize = least_size_of<&Order::paid, &Order::price, &Order::lines>;
static_assert(kPadding == sizeof(Order) - 11);
static_assert(kLeastSize == sizeof(Reordered));
static_assert(padding_of<&PackedOrder::paid, &PackedOrder::price, &PackedOrder::lines> == 0);

StructLayout order() { return describe<&Order::paid, &Order::price, &Order::lines>(); }

TEST(LayoutTest, FindsOffsetsSizesAndAlignments) {
  const StructLayout layout = order();
  ASSERT_EQ(layout.members.size(), 3u);
  EXPECT_EQ(layout.name, "Order");
  EXPECT_EQ(layout.members[1].name, "price");
  EXPECT_EQ(layout.members[1].offset, offsetof(Order, price));
  EXPECT_EQ(layout.members[1].size, sizeof(double));
  EXPECT_EQ(layout.members[1].alignment, alignof(double));
  EXPECT_EQ(layout.members[2].offset, offsetof(Order, lines));
}

TEST(LayoutTest, FindsHolesAndTail) {
  const StructLayout layout = order();
  layout.check_invariants();
  EXPECT_EQ(layout.members[0].hole, 0u);
  EXPECT_EQ(layout.members[1].hole, offsetof(Order, price) - 1);
  EXPECT_EQ(layout.members[2].hole, 0u);
  EXPECT_EQ(layout.tail, sizeof(Order) - offsetof(Order, lines) - 2);
}

TEST(LayoutTest, SortsMembersByOffset) {
  const StructLayout layout = describe<&Order::lines, &Order::paid, &Order::price>();
  EXPECT_EQ(layout.table(), order().table());
}

TEST(LayoutTest, ShowsMembersThatWereNotNamedAsHoles) {
  const StructLayout layout = describe<&Order::paid, &Order::lines>();
  layout.check_invariants();
  EXPECT_EQ(layout.members[1].hole, offsetof(Order, lines) - 1);
}

TEST(LayoutTest, PackedStructsLoseNothingButAlignment) {
  const StructLayout layout = describe<&PackedOrder::paid, &PackedOrder::price, &PackedOrder::lines>();
  layout.check_invariants();
  EXPECT_EQ(layout.size, 11u);
  EXPECT_EQ(layout.padding, 0u);
  EXPECT_FALSE(layout.members[0].misaligned(layout.alignment));
  EXPECT_TRUE(layout.members[1].misaligned(layout.alignment));
}

TEST(LayoutTest, OverAlignedStructsFillTheirLines) {
  const StructLayout line = describe<&LineOrder::paid, &LineOrder::price, &LineOrder::lines>();
  EXPECT_EQ(line.size, 64u);
  EXPECT_EQ(line.lines_touched(), 1);
  const StructLayout counters = describe<&Counters::mine, &Counters::theirs>();
  counters.check_invariants();
  EXPECT_EQ(counters.members[1].hole, 56u);
  EXPECT_EQ(counters.tail, 56u);
  EXPECT_NE(counters.table().find("Over-aligned: without alignas 16 bytes"), std::string::npos);
}

TEST(LayoutTest, CountsTheLinesThatAnElementTouches) {
  EXPECT_EQ(order().lines_touched(), 1.25);  // 24 bytes: two of eight elements cross a line
  EXPECT_EQ((describe<&Reordered::price, &Reordered::lines, &Reordered::paid>().lines_touched()), 1);
}

TEST(LayoutTest, FindsMembersAcrossTwoLines) {
  const StructLayout layout = describe<&Wide::head, &Wide::body, &Wide::tail>();
  EXPECT_EQ(layout.cache_lines(), 2u);
  EXPECT_FALSE(layout.members[0].straddles());
  EXPECT_TRUE(layout.members[1].straddles());
}

TEST(LayoutTest, NamesMembersOfTemplates) {
  const StructLayout layout =
      describe<&Pair<std::pair<int, int>>::first, &Pair<std::pair<int, int>>::second>();
  EXPECT_EQ(layout.members[0].name, "first");
  EXPECT_EQ(layout.members[1].name, "second");
  EXPECT_EQ(layout.name.substr(0, 5), "Pair<");
}

TEST(LayoutTest, ProposesAnOrderThatTakesTheLeastSize) {
  const StructLayout layout = order();
  const std::vector<std::string_view> best{"price", "lines", "paid"};
  EXPECT_EQ(layout.best_order, best);
  EXPECT_EQ(layout.least_size, sizeof(Reordered));
  EXPECT_NE(layout.table().find("In the order price, lines, paid: 16 bytes."), std::string::npos);
  const StructLayout better = describe<&Reordered::price, &Reordered::lines, &Reordered::paid>();
  EXPECT_EQ(better.table().find("In the order"), std::string::npos);
}

// Against all orders there are.
TEST(LayoutTest, NoOrderTakesLess) {
  struct Many {
    char a;
    double b;
    short c;
    std::array<int, 3> d;
    char e[5];
    void* f;
  };
  constexpr std::size_t kLeast = least_size_of<&Many::a, &Many::b, &Many::c, &Many::d, &Many::e, &Many::f>;
  std::array<layout::Shape, 6> shapes{{{1, 1}, {8, 8}, {2, 2}, {12, 4}, {5, 1}, {8, 8}}};
  std::array<int, 6> order{0, 1, 2, 3, 4, 5};
  std::size_t least = SIZE_MAX, most = 0;
  do {
    std::array<layout::Shape, 6> members;
    std::transform(order.begin(), order.end(), members.begin(),
                   [&](int i) { return shapes[static_cast<std::size_t>(i)]; });
    const std::size_t size = layout::size_in_order(members, 1);
    least = std::min(least, size);
    most = std::max(most, size);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(kLeast, least);
  EXPECT_LT(least, most);
  EXPECT_EQ(layout::size_in_order(shapes, 1), sizeof(Many));
}

TEST(LayoutTest, PrintsATable) {
  EXPECT_EQ(order().table(),
            "Order: 24 bytes, alignment 8, 13 of them padding (54 %), 1 cache line of 64 bytes\n"
            "  offset    size  align  line  member\n"
            "       0       1      1     0  paid\n"
            "       1       7                 (hole)\n"
            "       8       8      8     0  price\n"
            "      16       2      2     0  lines\n"
            "      18       6                 (tail)\n"
            "In the order price, lines, paid: 16 bytes.\n");
}

struct Empty {};
struct Stateless {
  [[no_unique_address]] Empty policy;
  int value;
};
struct Tailed {  // not a plain struct, so that the next member may use its tail
  Tailed() {}
  int number = 0;
  char letter = 0;
};
struct Reusing {
  [[no_unique_address]] Tailed base;
  char letter;
};
struct Variant {
  union {
    int number;
    double real;
  };
  char kind;
};

TEST(LayoutTest, BytesOfMembersThatOverlapCountOnce) {
  const StructLayout stateless = describe<&Stateless::policy, &Stateless::value>();
  stateless.check_invariants();
  EXPECT_EQ(stateless.padding, 0u);
  EXPECT_TRUE(stateless.overlaps());
  const StructLayout reusing = describe<&Reusing::base, &Reusing::letter>();
  reusing.check_invariants();
  EXPECT_EQ(reusing.padding, sizeof(Reusing) - sizeof(Tailed));
  const StructLayout variant = describe<&Variant::number, &Variant::real, &Variant::kind>();
  variant.check_invariants();
  EXPECT_EQ(variant.padding, 7u);
  EXPECT_EQ(variant.tail, 7u);
  EXPECT_EQ(variant.table(),
            "Variant: 16 bytes, alignment 8, 7 of them padding (43 %), 1 cache line of 64 bytes\n"
            "  offset    size  align  line  member\n"
            "       0       4      4     0  number\n"
            "       0       8      8     0  real  (overlaps)\n"
            "       8       1      1     0  kind\n"
            "       9       7                 (tail)\n");
  EXPECT_FALSE(order().overlaps());
}

struct NameOfMoreThanTwoHundredAndFiftyCharactersSoThatNoBufferOfAFixedSizeHoldsTheLineThatItIsPrintedIn {};
template <class A, class B, class C>
struct Triple {
  A a;
  B b;
  C c;
};

TEST(LayoutTest, PrintsLinesOfAnyLength) {
  using Long =
      NameOfMoreThanTwoHundredAndFiftyCharactersSoThatNoBufferOfAFixedSizeHoldsTheLineThatItIsPrintedIn;
  using Longest = Triple<Long, Triple<Long, int, Long>, Long>;
  const StructLayout layout = describe<&Longest::a, &Longest::b, &Longest::c>();
  const std::string table = layout.table(), first = table.substr(0, table.find('\n'));
  EXPECT_GT(first.size(), 255u);
  EXPECT_TRUE(first.ends_with("cache line of 64 bytes")) << first;
  EXPECT_EQ(first.find("offset"), std::string::npos);
}

TEST(LayoutDeathTest, TrapsAMemberThatIsNamedTwice) {
  const auto twice = [] { describe<&Order::paid, &Order::price, &Order::price>().check_invariants(); };
  EXPECT_DEATH(twice(), "Layout I1");
}

}  // namespace
}  // namespace assay
