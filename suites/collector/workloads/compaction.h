// A heap of which a quarter is left, scattered, is compacted: 75,000 of 300,000 nodes of 48 bytes, that refer
// to each other at random, each with a text of 16 to 112 bytes. What is timed is that one collection, and one
// operation is one live object. Beside the time stand
//
//   compacted_over_live   what the heap holds afterwards, over what is live as requested
//   move_cost             nanoseconds of CPU time for each object that was moved, references to it corrected:
//                         the difference to a collection that finds the same and moves nothing, which comes
//                         just before. The least of five tries: a busy neighbour only adds. Of heaps that
//                         move objects
//
// Who cannot move objects does a collection of the whole heap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kCompaction{
    .name = "collector_compaction",
    .family = "collector",
    .sentence =
        "a heap of which three quarters have died, scattered, is compacted: 75,000 nodes, as many texts"};

template <class H>
struct TextNode {
  using Text = Array<std::uint64_t>;
  TextNode(std::uint64_t mark_of_this, Text* its_text) : text(its_text), mark(mark_of_this) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(text);
    visit(first);
    visit(second);
  }
  typename H::template Member<Text> text;
  typename H::template Member<TextNode> first, second;
  std::uint64_t mark, words[2] = {};
};

template <Collector H>
class Compaction final : public HeapWorkload<H> {
 public:
  explicit Compaction(const Settings& settings)
      : nodes_(settings.scaled(kNodes)), left_(nodes_ / kOneInStays), seed_(settings.seed) {
    this->operations = 1 + 2 * left_;
    this->peak_objects = 1 + 2 * nodes_;
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("compacted_over_live", "ratio", held_ / live_);
    if (move_cost_ < kNeverMoved) figures.add("move_cost", "ns/object", move_cost_);
    HeapWorkload<H>::report(resident, figures);
  }

 private:
  using Node = TextNode<H>;
  using Table = Array<typename H::template Member<Node>>;

  static constexpr std::size_t kNodes = 300'000, kOneInStays = 4, kWords = 7;
  static constexpr int kTries = 5;
  static constexpr double kNeverMoved = std::numeric_limits<double>::infinity();

  std::uint64_t run() override {
    move_cost_ = kNeverMoved;
    for (int tries = 1; tries < kTries; ++tries) {
      compact(false);
      this->collect(Collection::kMajor);  // all is dead
    }
    return compact(true);
  }

  // The last try ends the pass.
  std::uint64_t compact(bool last) {
    Random random(seed_);
    typename H::template Root<Table> places(this->mutator()), stays(this->mutator());
    places = make_table(nodes_);
    for (std::size_t i = 0; i < nodes_; ++i) {
      auto* const text = this->template make_array<std::uint64_t>(2 * random.below(kWords) + 1);
      text->data()[0] = mark_of(i);
      Node* const node = this->template make<Node>(mark_of(i), text);
      (*places.get())[i] = node;
    }
    this->peak_live = 8 + 8 * nodes_;
    for (std::size_t i = 0; i < nodes_; ++i) this->peak_live += bytes((*places.get())[i].get());
    stays = make_table(left_);
    keep_some(*places.get(), *stays.get(), random);
    places = nullptr;

    this->collect(Collection::kMajor);
    const double before = cpu_nanoseconds();
    this->collect(Collection::kMajor);
    const double plain = cpu_nanoseconds() - before;
    const std::uint64_t moved = this->moved_objects();
    this->begin_clock();
    const double begin = cpu_nanoseconds();
    this->collect(Collection::kCompact);
    const double whole = cpu_nanoseconds() - begin;
    held_ = static_cast<double>(this->held_bytes());
    const auto objects = static_cast<double>(this->moved_objects() - moved);
    if (objects > 0) move_cost_ = std::min(move_cost_, (whole - plain) / objects);
    if (last) this->finish(1 + 2 * left_, static_cast<std::size_t>(live_));

    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < left_; ++i) {
      const Node& node = *(*stays.get())[i].get();
      if (node.text.get()->data()[0] != node.mark) fail("a node lost its text");
      checksum = fold(checksum, node.mark + 3 * node.first.get()->mark + 5 * node.second.get()->mark);
    }
    return checksum;
  }

  Table* make_table(std::size_t places) {
    return this->template make_array<typename H::template Member<Node>>(places);
  }
  static std::size_t bytes(const Node* node) { return sizeof(Node) + 8 + 8 * node->text.get()->size(); }

  // One of each four that were made one after the other, and they refer to each other.
  void keep_some(const Table& places, Table& stays, Random& random) {
    live_ = 8 + 8 * static_cast<double>(left_);
    for (std::size_t i = 0; i < left_; ++i) {
      Node* const node = places[i * kOneInStays + random.below(kOneInStays)].get();
      stays[i] = node;
      live_ += static_cast<double>(bytes(node));
    }
    for (std::size_t i = 0; i < left_; ++i) {
      stays[i].get()->first = stays[random.below(left_)].get();
      stays[i].get()->second = stays[random.below(left_)].get();
    }
  }

  const std::size_t nodes_, left_;
  const std::uint64_t seed_;
  double live_ = 0, held_ = 0, move_cost_ = kNeverMoved;
};

template <class S>
void add_compaction_workloads() {
  if constexpr (Collector<S>) {
    if constexpr (S::kTraits.reclaims)
      static const WorkloadEntry entry(made_by(kCompaction, make_workload<Compaction<S>>));
  }
}

}  // namespace assay::suite::collector
