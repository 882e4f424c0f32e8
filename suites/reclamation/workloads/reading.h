// One shared pointer that is read much more often than it is replaced: a configuration, a routing table.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/reclamation/workloads/domain.h"

namespace assay::suite::reclamation {

struct Configuration {
  explicit Configuration(std::uint64_t number_) : number(number_), mark(mark_of(number_)) {}
  std::uint64_t number;
  std::uint64_t unused[6] = {};
  std::uint64_t mark;
};

// The pointer, over a domain. Another scheme brings a Cell of the same form.
template <class D, class T>
class ReclaimedCell {
 public:
  explicit ReclaimedCell(std::unique_ptr<T> first) : object_(first.release()) {}

  template <class Look>
  void read(Look&& look) {
    auto guard = domain_.pin();
    look(*guard.protect(object_));
  }
  void replace(std::unique_ptr<T> next) {
    // Release publishes the next one, acquire gets the last one, which is about to be freed.
    domain_.retire(object_.exchange(next.release(), std::memory_order_acq_rel));
  }
  std::size_t garbage() const { return domain_.garbage(); }

 private:
  D domain_;
  alignas(128) std::atomic<T*> object_;
};

template <class S>
concept HasCell = requires {
  typename S::template Cell<Configuration>;
};

template <class S>
struct CellOf {
  using type = ReclaimedCell<typename MeasuredDomain<S>::type, Configuration>;
};
template <HasCell S>
struct CellOf<S> {
  using type = typename S::template Cell<Configuration>;
};

// Every member reads, and the first also replaces the object after every kEvery reads of its own.
template <class S, unsigned kMembers>
class ReadMostly final : public Workload {
 public:
  explicit ReadMostly(const Settings& settings)
      : each_(settings.repeated(400'000) / kMembers / kEvery * kEvery),
        cell_(std::make_unique<Configuration>(0)) {
    operations = each_ * kMembers;
  }

  std::uint64_t pass() override {
    std::uint64_t sums[kMembers];
    team_.run([this, &sums](unsigned member) { sums[member] = member == 0 ? replace() : read(each_); });
    std::uint64_t checksum = 0;
    for (const std::uint64_t sum : sums) checksum = fold(checksum, sum);
    return checksum;
  }

  void report(const Resident&, Figures& figures) override {
    if constexpr (requires { cell_.garbage(); })
      figures.add("garbage_most", "objects", static_cast<double>(garbage_));
  }

 private:
  static constexpr std::size_t kEvery = 1000;

  std::uint64_t replace() {
    std::uint64_t sum = 0;
    for (std::size_t done = 0; done < each_; done += kEvery) {
      sum += read(kEvery);
      cell_.replace(std::make_unique<Configuration>(++number_));
      if constexpr (requires { cell_.garbage(); }) garbage_ = std::max(garbage_, cell_.garbage());
    }
    return sum;
  }

  // How many objects were whole, which is not known to the compiler.
  std::uint64_t read(std::size_t times) {
    std::uint64_t whole = 0;
    for (std::size_t i = 0; i < times; ++i)
      cell_.read([&whole](const Configuration& configuration) {
        const std::uint64_t number = configuration.number;
        asm volatile("" : : : "memory");  // each look is two loads from memory
        whole += configuration.mark == mark_of(number);
      });
    if (whole != times)
      fail("%zu of %zu objects were not whole", times - static_cast<std::size_t>(whole), times);
    return whole;
  }

  std::size_t each_;
  typename CellOf<S>::type cell_;
  std::uint64_t number_ = 0;
  std::size_t garbage_ = 0;
  Team<kMembers> team_;
};

inline constexpr Description kReadAlone{
    .name = "reclaim_read_alone",
    .family = "reclamation",
    .sentence = "one thread reads a shared object, and replaces it after every 1,000 reads",
    .any_length = true};
inline constexpr Description kReadTwo{
    .name = "reclaim_read_two_threads",
    .family = "reclamation",
    .sentence = "two threads read a shared object, and one replaces it after every 1,000 reads",
    .any_length = true,
    .threaded = true};
inline constexpr Description kReadFour{
    .name = "reclaim_read_four_threads",
    .family = "reclamation",
    .sentence = "four threads read a shared object, and one replaces it after every 1,000 reads",
    .any_length = true,
    .threaded = true};

template <class S>
void add_reading_workloads() {
  if constexpr (HasCell<S> || HasDomain<S>) {
    static const WorkloadEntry alone(made_by(kReadAlone, make_workload<ReadMostly<S, 1>>));
    static const WorkloadEntry two(made_by(kReadTwo, make_workload<ReadMostly<S, 2>>));
    static const WorkloadEntry four(made_by(kReadFour, make_workload<ReadMostly<S, 4>>));
  }
}

}  // namespace assay::suite::reclamation
