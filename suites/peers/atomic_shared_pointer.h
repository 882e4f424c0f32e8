// std::atomic<std::shared_ptr>: each reader counts itself in, and the last one out frees. It is no domain of
// reclamation, since it keeps one object and not what was retired; so it has the cell of the workloads with
// one shared pointer (suites/reclamation/workloads/reading.h), and nothing else.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace assay::peer {

struct AtomicSharedPointer {
  template <class T>
  class Cell {
   public:
    explicit Cell(std::unique_ptr<T> first) : object_(std::shared_ptr<T>(std::move(first))) {}

    // Calls look(const T&) with the present object.
    template <class Look>
    void read(Look&& look) {
      const std::shared_ptr<T> object = object_.load(std::memory_order_acquire);  // pairs with replace()
      look(*object);
    }
    void replace(std::unique_ptr<T> next) {
      object_.store(std::shared_ptr<T>(std::move(next)), std::memory_order_release);  // pairs with read()
    }

   private:
    std::atomic<std::shared_ptr<T>> object_;
  };
};

}  // namespace assay::peer
