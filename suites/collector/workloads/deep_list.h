// A list of 500,000 nodes, built from its end, collected as a whole while it lives, summed and dropped: who
// marks it recursively needs as many frames. One operation is one node. Owners let go of one node after the
// other, because dropping the first with all that it owns would overflow the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kDeepList{
    .name = "collector_deep_list",
    .family = "collector",
    .sentence = "a list of 500,000 nodes is built, collected as a whole while it lives, summed and dropped"};

constexpr std::size_t kDeepListNodes = 500'000, kDeepListNodeBytes = 16;

template <class H>
struct DeepListNode {
  DeepListNode(std::uint64_t mark_of_this, DeepListNode* next_one) : next(next_one), mark(mark_of_this) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  typename H::template Member<DeepListNode> next;
  std::uint64_t mark;
};

template <Collector H>
class HeapDeepList final : public HeapWorkload<H> {
 public:
  explicit HeapDeepList(const Settings& settings) {
    this->operations = settings.scaled(kDeepListNodes);
    this->peak_live = this->operations * kDeepListNodeBytes;
    this->peak_objects = this->operations;
  }

 private:
  using Node = DeepListNode<H>;

  std::uint64_t run() override {
    typename H::template Root<Node> head(this->mutator());
    for (std::size_t i = 0; i < this->operations; ++i) {
      this->progress(i, i * kDeepListNodeBytes);
      head = this->template make<Node>(mark_of(i), head.get());
    }
    this->collect(Collection::kMajor);
    std::uint64_t sum = 0;
    for (const Node* node = head.get(); node != nullptr; node = node->next.get()) sum = sum * 3 + node->mark;
    this->finish(this->operations, this->peak_live);
    return sum;
  }
};

template <class M>
struct OwnedDeepListNode {
  using Owner = typename M::template Owner<OwnedDeepListNode>;
  OwnedDeepListNode(std::uint64_t mark_of_this, Owner&& next_one)
      : next(std::move(next_one)), mark(mark_of_this) {}
  Owner next;
  std::uint64_t mark;
};

template <ManualMemory M>
class OwnedDeepList final : public OwnedWorkload<M> {
 public:
  explicit OwnedDeepList(const Settings& settings) {
    this->operations = settings.scaled(kDeepListNodes);
    this->peak_live = this->operations * kDeepListNodeBytes;
  }

  std::uint64_t pass() override {
    typename Node::Owner head{};
    for (std::size_t i = 0; i < this->operations; ++i) {
      auto longer = M::template make<Node>(mark_of(i), std::move(head));
      head = std::move(longer);
    }
    std::uint64_t sum = 0;
    for (const Node* node = M::get(head); node != nullptr; node = M::get(node->next))
      sum = sum * 3 + node->mark;
    while (M::get(head) != nullptr) {
      auto rest = std::move(M::get(head)->next);
      M::drop(head);
      head = std::move(rest);
    }
    return sum;
  }

 private:
  using Node = OwnedDeepListNode<M>;
};

template <class S>
void add_deep_list_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kDeepList, make_workload<HeapDeepList<S>>));
  else
    static const WorkloadEntry entry(made_by(kDeepList, make_workload<OwnedDeepList<S>>));
}

}  // namespace assay::suite::collector
