// What the suite of the family cannot know: layouts, forms of make that only these pointers have, conversions
// that are refused, and slices that are prevented.
#include "pointers/shared_pointer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocators/block_pool.h"
#include "allocators/bump_arena.h"
#include "pointers/arc.h"
#include "pointers/rc.h"

namespace assay {
namespace {

template <class Counts>
class SharedPointerTest : public testing::Test {
 public:
  template <class T>
  using Of = SharedPointer<T, Counts>;
};
using AllCounts = testing::Types<LocalCounts<>, AtomicCounts<>, LocalCounts<std::uint8_t>,
                                 AtomicCounts<std::uint8_t>, AtomicCounts<std::uint16_t>>;
TYPED_TEST_SUITE(SharedPointerTest, AllCounts);

struct Shape {
  virtual ~Shape() = default;
  int corners = 0;
};
struct Square : Shape {
  Square() { corners = 4; }
};
struct Named {
  virtual ~Named() = default;
  std::string name = "named";
};
struct NamedSquare : Square, Named {};
struct VirtualSquare : virtual Shape {};
struct Point {
  int x, y;
};

static_assert(std::is_convertible_v<Rc<Square>, Rc<Shape>> &&
              std::is_convertible_v<Rc<Square>, Rc<const Shape>>);
static_assert(std::is_convertible_v<Rc<int>, Rc<const void>> &&
              std::is_convertible_v<Rc<int[]>, Rc<const int[]>>);
static_assert(std::is_convertible_v<Rc<Square>::Weak, Rc<Shape>::Weak>);
static_assert(!std::is_convertible_v<Rc<Shape>, Rc<Square>> &&
              !std::is_convertible_v<Rc<const int>, Rc<int>>);
static_assert(!std::is_constructible_v<Rc<Shape>, Rc<VirtualSquare>>, "its base is not where it begins");
static_assert(!std::is_constructible_v<Rc<int>, Arc<int>> && !std::is_constructible_v<Rc<int>, Rc<int[]>>);
static_assert(sizeof(decltype(Rc<int>().alias(static_cast<char*>(nullptr)))) == 2 * sizeof(void*));

TYPED_TEST(SharedPointerTest, ALeakedOwnerKeepsTheObject) {
  using P = typename TestFixture::template Of<std::string>;
  P owner = P::make("text");
  std::string& text = P(owner).leak();
  EXPECT_EQ(&text, owner.get());
  EXPECT_EQ(owner.use_count(), 2U);
  owner.reset();
  EXPECT_EQ(text, "text");
  EXPECT_EQ(P::from_raw(&text).use_count(), 1U);  // for the leak checker
}

TYPED_TEST(SharedPointerTest, CountsLieInFrontOfTheObject) {
  BumpArena arena;
  const std::size_t before = arena.counts().live_bytes;
  const auto one = TestFixture::template Of<std::uint64_t>::make_in(arena, 7U);
  EXPECT_EQ(arena.counts().live_bytes - before, 3 * sizeof(void*) + sizeof(std::uint64_t));
  EXPECT_EQ(*one, 7U);
  const auto aligned = TestFixture::template Of<std::max_align_t>::make_in(arena);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned.get()) % alignof(std::max_align_t), 0U);
}

TYPED_TEST(SharedPointerTest, MakesAggregates) {
  const auto point = TestFixture::template Of<Point>::make(1, 2);
  EXPECT_EQ(point->x + 10 * point->y, 21);
}

struct Fixed {
  explicit Fixed(int v) : value(v) {}
  Fixed(const Fixed&) = delete;
  Fixed& operator=(const Fixed&) = delete;
  int value;
};

TYPED_TEST(SharedPointerTest, MakeWithConstructsTheResultInPlace) {
  const auto fixed = TestFixture::template Of<Fixed>::make_with([] { return Fixed(3); });
  EXPECT_EQ(fixed->value, 3);
  using Pointer = typename TestFixture::template Of<const std::string>;
  EXPECT_EQ(*Pointer::make_with([] { return std::string("in place"); }), "in place");
  EXPECT_THROW(Pointer::make_with([]() -> std::string { throw std::runtime_error("no value"); }),
               std::runtime_error);
}

TYPED_TEST(SharedPointerTest, MakesArraysFromAFunctionAndInAnAllocator) {
  using Pointer = typename TestFixture::template Of<std::string[]>;
  Pointer words = Pointer::make_array_with(3, [](std::size_t i) { return std::string(i + 20, 'x'); });
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[2], std::string(22, 'x'));
  EXPECT_EQ(words.get_mut(), words.get());
  const typename TestFixture::template Of<const std::string[]> constant = words;
  EXPECT_EQ(constant.size(), 3U);
  EXPECT_EQ(words.get_mut(), nullptr);

  BlockPool pool({.block_size = 256, .alignment = 16, .blocks = 2});
  Pointer pooled = Pointer::make_array_in(pool, 5);
  EXPECT_TRUE(pool.owns(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(pooled.get()) - 32)));
  EXPECT_EQ(pooled[4], "");
  EXPECT_THROW(Pointer::make_array_in(pool, 50), std::bad_alloc);
  pooled.reset();
  EXPECT_EQ(pool.counts().live_blocks, 0U);
}

TYPED_TEST(SharedPointerTest, MakeMutCopiesIntoTheStorageOfTheOriginal) {
  BlockPool pool({.block_size = 64, .alignment = 16, .blocks = 2});
  using Pointer = typename TestFixture::template Of<std::string>;
  Pointer text = Pointer::make_in(pool, "shared");
  Pointer copy = text;
  copy.make_mut() += ", then not";
  EXPECT_EQ(pool.counts().live_blocks, 2U);
  EXPECT_EQ(*text, "shared");
  EXPECT_EQ(*copy, "shared, then not");
  const Pointer third = copy;
  EXPECT_THROW(copy.make_mut(), std::bad_alloc);
  EXPECT_TRUE(copy == third);
  EXPECT_EQ(copy.use_count(), 2U);
}

TYPED_TEST(SharedPointerTest, WeaksToABaseAreUpgradedAndExpire) {
  auto square = TestFixture::template Of<Square>::make();
  const typename TestFixture::template Of<Shape>::Weak weak = square.downgrade();
  EXPECT_EQ(weak.upgrade()->corners, 4);
  EXPECT_EQ(square.weak_count(), 1U);
  EXPECT_EQ(weak.use_count(), 1U);
  square.reset();
  EXPECT_TRUE(weak.expired());
  EXPECT_TRUE(weak.upgrade() == nullptr);
}

TYPED_TEST(SharedPointerTest, AnAliasKeepsTheWholeAlive) {
  auto square = TestFixture::template Of<NamedSquare>::make();
  const typename TestFixture::template Of<Square>::Weak weak = square.downgrade();
  auto name = square.alias(&square->name);
  auto named = std::move(square).alias(static_cast<Named*>(square.get()));
  EXPECT_TRUE(square == nullptr);
  EXPECT_EQ(weak.use_count(), 2U);
  EXPECT_EQ(named->name, *name);
  named.reset();
  const auto letter = std::move(name).alias(&(*name)[2]);
  EXPECT_FALSE(name);
  EXPECT_EQ(*letter, 'm');
  EXPECT_EQ(letter.owner().use_count(), 1U);
}

TYPED_TEST(SharedPointerTest, AnOwnerOfVoidDestroysTheObject) {
  const auto tag = TestFixture::template Of<int>::make(1);
  using Holder = typename TestFixture::template Of<decltype(tag)>;
  typename TestFixture::template Of<const void> anything = Holder::make(tag);
  EXPECT_EQ(tag.use_count(), 2U);
  anything.reset();
  EXPECT_EQ(tag.use_count(), 1U);
}

using SharedPointerDeathTest = testing::Test;

TEST(SharedPointerDeathTest, ABaseElsewhereInTheObjectIsRefused) {
  const auto convert = [] { const Rc<Named> named = Rc<NamedSquare>::make(); };
  EXPECT_DEATH(convert(), "shared_block I1");
}

TEST(SharedPointerDeathTest, NothingIsCutDownToItsBase) {
  Rc<Shape> shape = Rc<Square>::make();
  const Rc<Shape> other = shape;
  EXPECT_DEATH(shape.make_mut(), "shared_block I2");
  Rc<Shape> only = Rc<Square>::make();
  EXPECT_DEATH(Rc<Shape>::try_unwrap(std::move(only)), "shared_block I2");
}

TEST(SharedPointerDeathTest, TheOwnerBeyondTheCountEndsTheProgram) {
  const auto too_many = [](const auto& first, std::size_t count) {
    std::vector<std::remove_cvref_t<decltype(first)>> owners(count - 1, first);
    EXPECT_EQ(first.use_count(), count);
    owners.push_back(first);
  };
  EXPECT_DEATH(too_many(NarrowRc<int>::make(), 255), "counts I3");
  using NarrowArc = SharedPointer<int, AtomicCounts<std::uint8_t>>;
  EXPECT_DEATH(too_many(NarrowArc::make(), 127), "counts I3");
}

TEST(SharedPointerDeathTest, TheWeakBeyondTheCountEndsTheProgram) {
  const auto too_many = [](const auto& owner, std::size_t count) {
    std::vector<decltype(owner.downgrade())> weaks(count, owner.downgrade());
  };
  EXPECT_DEATH(too_many(NarrowRc<int>::make(), 300), "counts I3");
  using NarrowArc = SharedPointer<int, AtomicCounts<std::uint8_t>>;
  EXPECT_DEATH(too_many(NarrowArc::make(), 300), "counts I3");
}

TEST(SharedPointerDeathTest, CheckedBuildsStopAtNothing) {
  if constexpr (!kChecked) {
    GTEST_SKIP() << "not a checked build";
  } else {
    EXPECT_DEATH(static_cast<void>(*Rc<int>()), "SharedPointer I1");
    EXPECT_DEATH(static_cast<void>(Rc<int[]>::make_array(2)[2]), "SharedPointer I2");
  }
}

}  // namespace
}  // namespace assay
