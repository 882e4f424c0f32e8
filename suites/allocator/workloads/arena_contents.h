// What programs keep in arenas: slices and strings copied out of an input, and a tree.
//   slices_and_strings   200,000 of them: texts of 1 to 40 bytes, slices of up to 32 numbers that are copied,
//                        and such that are filled by a function; one operation is one of them. C++ fills
//                        what allocate() returns, Rust calls the crate's functions for slices, which do the
//                        same
//   tree_build_traverse  a complete binary tree of a million nodes, each allocated before its children, is
//                        built, summed up and given up; one operation is one node
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "allocators/concept.h"
#include "suites/allocator/workloads/small_objects.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

inline constexpr Description kSlicesAndStrings{
    .name = "slices_and_strings",
    .family = "arena",
    .sentence = "short texts and slices of numbers copied or filled in an arena, then reset",
    .passes = 2,
    .warm_ups = kUntilGrown};
inline constexpr Description kTree{.name = "tree_build_traverse",
                                   .family = "arena",
                                   .sentence = "a tree of a million nodes built in an arena and summed up",
                                   .warm_ups = kUntilGrown};

// The input, and where in it each item lies. Item i is a text, a copied slice or a filled slice by i % 3.
struct Input {
  static constexpr std::size_t kItems = 200'000;
  static constexpr std::size_t kBytes = 1 << 16, kLongestText = 40, kLongestSlice = 32;

  struct Item {
    std::uint32_t offset, length;  // in bytes, or in numbers
  };

  explicit Input(const Settings& settings)
      : items(settings.scaled(kItems)),
        bytes(harness_array<unsigned char>(kBytes)),
        item(harness_array<Item>(items)) {
    Random random(settings.seed);
    for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<unsigned char>(random.between(' ', '~'));
    for (std::size_t i = 0; i < items; ++i) {
      const auto length =
          static_cast<std::uint32_t>(random.between(1, i % 3 == 0 ? kLongestText : kLongestSlice));
      const std::size_t last = kBytes - 4 * kLongestSlice;
      item[i] = {static_cast<std::uint32_t>(random.below(last / 4) * 4), length};
      size += i % 3 == 0 ? length : 4 * length;
    }
  }

  std::size_t items;
  unsigned char* bytes;
  Item* item;
  std::size_t size = 0;  // of all copies
};

template <Allocator A>
class SlicesAndStrings final : public Workload {
 public:
  explicit SlicesAndStrings(const Settings& settings)
      : input_(settings), copies_(harness_array<unsigned char*>(input_.items)) {
    operations = input_.items;
    peak_live = input_.size;
  }

  std::uint64_t pass() override {
    for (std::size_t i = 0; i < input_.items; ++i) {
      const Input::Item item = input_.item[i];
      if (i % 3 == 0) {
        copies_[i] = static_cast<unsigned char*>(get(item.length, 1));
        std::memcpy(copies_[i], input_.bytes + item.offset, item.length);
      } else {
        auto* const numbers = static_cast<std::uint32_t*>(get(item.length * sizeof(std::uint32_t), 4));
        if (i % 3 == 1) {
          std::memcpy(numbers, input_.bytes + item.offset, item.length * sizeof(std::uint32_t));
        } else {
          for (std::uint32_t k = 0; k < item.length; ++k) numbers[k] = item.offset ^ k;
        }
        copies_[i] = reinterpret_cast<unsigned char*>(numbers);
      }
      asm volatile("" : : "r"(copies_[i]) : "memory");
    }
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < input_.items; ++i)
      checksum = fold(checksum, std::uint64_t{copies_[i][0]} << 8 | copies_[i][last_byte(i)]);
    if constexpr (A::kTraits.resets) {
      subject_.reset();
    } else {
      for (std::size_t i = 0; i < input_.items; ++i)
        subject_.deallocate(copies_[i], last_byte(i) + 1, i % 3 == 0 ? 1 : 4);
    }
    return checksum;
  }

 private:
  [[gnu::always_inline]] void* get(std::size_t size, std::size_t alignment) {
    void* const block = subject_.allocate(size, alignment);
    if (block == nullptr) [[unlikely]]
      fail("allocate(%zu, %zu) returned null", size, alignment);
    return block;
  }
  std::size_t last_byte(std::size_t i) const { return input_.item[i].length * (i % 3 == 0 ? 1 : 4) - 1; }

  Input input_;
  unsigned char** copies_;
  A subject_;
};

struct TreeNode {
  TreeNode *left, *right;
  std::uint64_t mark;
};

// Levels of the largest complete tree of at most a million nodes, times the scale.
inline unsigned tree_levels(const Settings& settings) {
  constexpr std::size_t kNodes = (std::size_t{1} << 20) - 1;
  unsigned levels = 1;
  while ((std::size_t{2} << levels) - 1 <= settings.scaled(kNodes)) ++levels;
  return levels;
}

template <Allocator A>
class Tree final : public Workload {
 public:
  explicit Tree(const Settings& settings) : levels_(tree_levels(settings)) {
    operations = (std::size_t{1} << levels_) - 1;
    peak_live = operations * sizeof(TreeNode);
  }

  std::uint64_t pass() override {
    number_ = 0;
    TreeNode* const root = build(levels_);
    const std::uint64_t sum = traverse(root);
    if constexpr (A::kTraits.resets)
      subject_.reset();
    else
      drop(root);
    return fold(sum, number_);
  }

 private:
  TreeNode* build(unsigned levels) {
    if (levels == 0) return nullptr;
    void* const block = subject_.allocate(sizeof(TreeNode), alignof(TreeNode));
    if (block == nullptr) [[unlikely]]
      fail("node %zu could not be allocated", static_cast<std::size_t>(number_));
    auto* const node = ::new (block) TreeNode{nullptr, nullptr, mark_of(number_++)};
    asm volatile("" : : "r"(node) : "memory");
    node->left = build(levels - 1);
    node->right = build(levels - 1);
    return node;
  }

  static std::uint64_t traverse(const TreeNode* node) {
    return node == nullptr ? 0 : node->mark ^ (traverse(node->left) + 3 * traverse(node->right));
  }

  void drop(TreeNode* node) requires(A::kTraits.frees_individually) {
    if (node == nullptr) return;
    drop(node->left);
    drop(node->right);
    subject_.deallocate(node, sizeof(TreeNode), alignof(TreeNode));
  }

  const unsigned levels_;
  std::uint64_t number_ = 0;
  A subject_;
};

template <Allocator A>
void add_arena_content_workloads() {
  static const WorkloadEntry slices(made_by(kSlicesAndStrings, make_workload<SlicesAndStrings<A>>));
  static const WorkloadEntry tree(made_by(kTree, make_workload<Tree<A>>));
}

}  // namespace assay::suite::allocator
