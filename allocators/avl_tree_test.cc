#include "allocators/avl_tree.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "suites/core/random.h"

namespace assay {
namespace {

using suite::Random;

struct Number {
  int value;
  unsigned leans = 0;
  Number* child[2] = {};
  unsigned lean() const { return leans; }
  void set_lean(unsigned lean) { leans = lean; }
};
struct ByValue {
  bool operator()(const Number& a, const Number& b) const { return a.value < b.value; }
  bool operator()(const Number& a, int b) const { return a.value < b; }
};
using NumberTree = AvlTree<Number, ByValue>;

std::vector<int> values_of(const Number* root) {
  std::vector<int> values;
  NumberTree::check("AvlTree I1", root, [&](const Number& number) { values.push_back(number.value); });
  return values;
}

TEST(AvlTreeTest, HoldsWhatASetHolds) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    std::vector<Number> numbers;
    for (int value = 0; value < 100; ++value) numbers.push_back({value});
    Number* root = nullptr;
    std::set<int> oracle;
    for (int i = 0; i < 1000; ++i) {
      const int value = static_cast<int>(random.below(100));
      Number& number = numbers[static_cast<std::size_t>(value)];
      const auto bound = oracle.lower_bound(value);
      const Number* found = NumberTree::lower_bound(root, value);
      ASSERT_EQ(found == nullptr ? -1 : found->value, bound == oracle.end() ? -1 : *bound);
      if (oracle.insert(value).second) {
        NumberTree::insert(root, &number);
      } else if (random.one_in(3)) {
        NumberTree::erase(root, &number);
        oracle.erase(value);
      } else if (random.one_in(2)) {
        ASSERT_EQ(NumberTree::take_first(root)->value, *oracle.begin());
        oracle.erase(oracle.begin());
      } else {
        const int key = static_cast<int>(random.below(100));
        const auto taken = oracle.lower_bound(key);
        const Number* node = NumberTree::take_lower_bound(root, key);
        ASSERT_EQ(node == nullptr ? -1 : node->value, taken == oracle.end() ? -1 : *taken);
        if (taken != oracle.end()) oracle.erase(taken);
      }
      ASSERT_EQ(values_of(root), std::vector<int>(oracle.begin(), oracle.end())) << "seed " << seed;
    }
  }
}

TEST(AvlTreeTest, StaysLowWhenNumbersComeInOrder) {
  std::vector<Number> numbers;
  for (int value = 0; value < 1023; ++value) numbers.push_back({value});
  Number* root = nullptr;
  for (Number& number : numbers) NumberTree::insert(root, &number);
  EXPECT_EQ(NumberTree::check("AvlTree I2", root, [](const Number&) {}), 10u);
  for (int i = 0; i < 512; ++i) NumberTree::take_first(root);
  EXPECT_LE(NumberTree::check("AvlTree I2", root, [](const Number&) {}), 10u);
}

}  // namespace
}  // namespace assay
