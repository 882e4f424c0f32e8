// What the suite of the family cannot know: results made in place, arrays of a function, boxes of an
// allocator.
#include "pointers/box.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "allocators/block_pool.h"
#include "allocators/bump_arena.h"

namespace assay {
namespace {

struct Animal {
  virtual ~Animal() = default;
};
struct Named {
  virtual ~Named() = default;
  std::string name = "named";
};
struct Cat : Animal, Named {};
struct Plain {};
struct Derived : Plain {
  std::string text;
};

static_assert(std::is_convertible_v<Box<Cat>, Box<Animal>> &&
              std::is_convertible_v<Box<int>, Box<const int>>);
static_assert(!std::is_constructible_v<Box<Plain>, Box<Derived>>, "delete would destroy the base only");
static_assert(!std::is_constructible_v<Box<int>, Box<const int>> &&
              !std::is_constructible_v<Box<int>, Box<int[]>>);
static_assert(!std::is_copy_constructible_v<Box<int>> && !std::is_copy_constructible_v<Box<int[]>>);
static_assert(sizeof(BoxIn<int, BlockPool>) == 2 * sizeof(void*));

TEST(BoxTest, MakeWithConstructsTheResultInPlace) {
  struct Fixed {
    explicit Fixed(int v) : value(v) {}
    Fixed(const Fixed&) = delete;
    Fixed& operator=(const Fixed&) = delete;
    int value;
  };
  EXPECT_EQ(Box<Fixed>::make_with([] { return Fixed(3); })->value, 3);
}

TEST(BoxTest, MakesAggregates) {
  struct Point {
    int x, y;
  };
  EXPECT_EQ(Box<Point>::make(1, 2)->y, 2);
}

TEST(BoxTest, ABoxOfABaseAnywhereInTheObjectDestroysTheWhole) {
  const Box<Named> named = Box<Cat>::make();
  EXPECT_EQ(named->name, "named");
}

TEST(BoxTest, TakesWhatNewMadeAndGivesItToDelete) {
  Box<std::string> box = Box<std::string>::from_raw(new std::string("text"));
  const std::unique_ptr<std::string> other(box.into_raw());
  EXPECT_EQ(*other, "text");
  EXPECT_FALSE(box);
}

TEST(BoxTest, LeaksAnObjectOnRequest) {
  Box<std::string> box = Box<std::string>::make("text");
  std::string& text = std::move(box).leak();
  EXPECT_FALSE(box);
  EXPECT_EQ(text, "text");
  EXPECT_EQ(*Box<std::string>::from_raw(&text), "text");  // for the leak checker
}

TEST(BoxTest, AnAliasOwnsTheWhole) {
  auto box = Box<std::string>::make("text");
  auto alias = std::move(box).alias(&(*box)[1]);
  EXPECT_EQ(*alias, 'e');
  auto moved = std::move(alias);
  EXPECT_FALSE(alias);
  EXPECT_EQ(*moved.owner(), "text");
}

TEST(BoxTest, MakesArraysFromAFunction) {
  auto box =
      Box<const std::string[]>::make_array_with(4, [](std::size_t i) { return std::string(i + 30, 'x'); });
  EXPECT_EQ(box.size(), 4U);
  EXPECT_EQ(box[3], std::string(33, 'x'));
  const auto make = [](std::size_t i) {
    return i == 2 ? throw std::runtime_error("no element") : std::string(40, 'x');
  };
  EXPECT_THROW(box = Box<const std::string[]>::make_array_with(4, make), std::runtime_error);
  EXPECT_EQ(box.size(), 4U);
}

TEST(BoxTest, AnArrayGivesItselfUpAndComesBack) {
  auto box = Box<int[]>::make_array(7);
  int* const raw = box.into_raw();
  EXPECT_EQ(box.size(), 0U);
  EXPECT_EQ(raw[6], 0);
  EXPECT_EQ(Box<int[]>::from_raw(raw).size(), 7U);
}

TEST(BoxInTest, GivesTheBlockBackToItsAllocator) {
  BlockPool pool({.block_size = 64, .alignment = 16, .blocks = 2});
  auto first = Box<std::string>::make_in(pool, "first");
  auto second = Box<std::string>::make_in(pool, "second");
  EXPECT_THROW(Box<std::string>::make_in(pool, "third"), std::bad_alloc);
  first = std::move(second);
  EXPECT_EQ(*first, "second");
  EXPECT_EQ(pool.counts().live_blocks, 1U);
  EXPECT_EQ(first.try_unwrap(std::move(first)), "second");
  EXPECT_EQ(pool.counts().live_blocks, 0U);
}

TEST(BoxInTest, DestroysWhatAnArenaKeeps) {
  BumpArena arena;
  const auto counted = std::make_shared<int>(1);
  auto box = Box<std::shared_ptr<int>>::make_in(arena, counted);
  EXPECT_EQ(counted.use_count(), 2);
  box.reset();
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(BoxInTest, AlignsTheObject) {
  struct alignas(64) Line {
    std::array<char, 64> bytes;
  };
  BumpArena arena;
  const auto line = Box<Line>::make_in(arena);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(line.get()) % 64, 0U);
}

using BoxDeathTest = testing::Test;

TEST(BoxDeathTest, CheckedBuildsStopAtNothing) {
  if constexpr (!kChecked) {
    GTEST_SKIP() << "not a checked build";
  } else {
    EXPECT_DEATH(static_cast<void>(*Box<int>()), "Box I1");
    EXPECT_DEATH(static_cast<void>(Box<int[]>::make_array(2)[2]), "Box I2");
  }
}

}  // namespace
}  // namespace assay
