#include "pointers/cell.h"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace assay {
namespace {

struct Immovable {
  explicit Immovable(int number_) : number(number_) {}
  Immovable(const Immovable&) = delete;
  int number;
};

struct alignas(64) Line {
  std::uint64_t words[8];
};

template <class C>
concept Gets = requires(const C cell) {
  cell.get();
};

TEST(Cell, AddsNothingToItsValue) {
  EXPECT_EQ(sizeof(Cell<char>), 1u);
  EXPECT_EQ(sizeof(Cell<Line>), sizeof(Line));
  EXPECT_EQ(alignof(Cell<Line>), 64u);
  EXPECT_TRUE(std::is_trivially_copyable_v<Cell<Line>>);
}

TEST(Cell, GivesNoCopyOfWhatCopiesByCodeOfItsOwn) {
  EXPECT_TRUE(Gets<Cell<int>>);
  EXPECT_FALSE(Gets<Cell<std::string>>);
  EXPECT_FALSE(std::copy_constructible<Cell<std::string>>);
  EXPECT_TRUE(std::movable<Cell<std::string>>);
}

TEST(Cell, UpdatesAndReturnsTheNewValue) {
  const Cell<int> cell(20);
  EXPECT_EQ(cell.update([](int value) { return value + 1; }), 21);
  EXPECT_EQ(cell.get(), 21);
}

TEST(Cell, MovesItsValueInAndOut) {
  const Cell<std::string> cell("a text that is too long for its short form");
  EXPECT_EQ(cell.replace("b"), "a text that is too long for its short form");
  cell.swap(cell);
  Cell<std::string> other;
  other = Cell<std::string>("c");
  cell.swap(other);
  EXPECT_EQ(cell.take(), "c");
  EXPECT_EQ(std::move(other).into_inner(), "b");
}

TEST(Cell, ConstructsInPlace) {
  const Cell<Immovable> cell(std::in_place, 3);
  EXPECT_EQ(sizeof cell, sizeof(Immovable));
}

}  // namespace
}  // namespace assay
