#include "pointers/ref_cell.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assay {
namespace {

struct Immovable {
  explicit Immovable(int number_) : number(number_) {}
  Immovable(const Immovable&) = delete;
  int number;
};

TEST(RefCell, IsSmall) {
  if (kChecked) GTEST_SKIP() << "a checked build keeps records beside the count";
  EXPECT_EQ(sizeof(RefCell<std::uint64_t>), 16u);
  EXPECT_EQ(sizeof(RefCell<std::uint32_t>), 8u);
  EXPECT_EQ(sizeof(SmallRefCell<bool>), 2u);
  EXPECT_EQ(sizeof(Ref<std::string>), 2 * sizeof(void*));
  EXPECT_EQ(sizeof(RefMut<std::string>), 2 * sizeof(void*));
}

TEST(RefCell, BorrowsWhatCannotMove) {
  const RefCell<Immovable> cell(std::in_place, 3);
  cell.borrow_mut()->number = 4;
  EXPECT_EQ(cell.borrow()->number, 4);
}

TEST(RefCell, MovesInAVectorThatGrows) {
  std::vector<RefCell<std::string>> cells;
  for (int i = 0; i < 100; ++i) cells.emplace_back(std::to_string(i));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*cells[static_cast<std::size_t>(i)].borrow(), std::to_string(i));
}

TEST(RefCell, MapsToAnElementThatOutlivesNoBorrow) {
  const RefCell<std::vector<int>> cell(std::vector<int>{1, 2, 3});
  auto last = cell.borrow_mut().map([](std::vector<int>& all) -> int& { return all.back(); });
  *last = 9;
  EXPECT_FALSE(cell.try_borrow());
  last.reset();
  EXPECT_EQ(cell.borrow()->back(), 9);
}

TEST(RefCellDeathTest, ReportsTheReader) {
  const RefCell<int> cell(1);
  const auto reader = cell.borrow();
  EXPECT_DEATH(static_cast<void>(cell.borrow_mut()), "RefCell I1: borrow_mut\\(\\).* while a reader borrows");
}

TEST(RefCellDeathTest, ReportsTheWriter) {
  const RefCell<int> cell(1);
  const auto writer = cell.borrow_mut();
  EXPECT_DEATH(static_cast<void>(cell.borrow()), "RefCell I1: borrow\\(\\).* while a writer borrows");
}

TEST(RefCellDeathTest, ReportsAFullCount) {
  const SmallRefCell<int> cell(1);
  std::vector<SmallRefCell<int>::Ref> readers;
  for (int i = 0; i < 127; ++i) readers.push_back(cell.borrow());
  EXPECT_FALSE(cell.try_borrow());
  EXPECT_DEATH(static_cast<void>(cell.borrow()), "RefCell I2");
}

}  // namespace
}  // namespace assay
