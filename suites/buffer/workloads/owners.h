// Bytes that lie with somebody else, 4 KB of them: an owner is made into a buffer, which is cloned once; both
// handles are dropped, and the owner with them. One operation is one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "suites/buffer/workloads/contents.h"
#include "suites/buffer/workloads/sharing.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

inline constexpr Description kOwner{
    .name = "buffer_owner",
    .family = "buffer",
    .sentence = "4 KB that an owner keeps are made into a buffer, cloned, and given back",
    .passes = 5,
    .any_length = true};

constexpr std::size_t kOwners = 200'000;

// What a mapping or a block of an arena would be, and counts its end.
class Loan {
 public:
  Loan(View bytes, std::uint64_t* ends) : bytes_(bytes), ends_(ends) {}
  Loan(Loan&& other) noexcept : bytes_(other.bytes_), ends_(std::exchange(other.ends_, nullptr)) {}
  Loan& operator=(Loan&&) = delete;
  ~Loan() {
    if (ends_ != nullptr) ++*ends_;
  }
  operator View() const noexcept { return bytes_; }

 private:
  View bytes_;
  std::uint64_t* ends_;
};

template <class B>
class Owning final : public Workload {
 public:
  explicit Owning(const Settings& settings) : bytes_(random_bytes(kShared, settings.seed)) {
    operations = settings.repeated(kOwners);
    peak_live = kShared;
  }

  std::uint64_t pass() override {
    const std::size_t count = operations;
    std::uint64_t sum = 0, ends = 0;
    for (std::size_t i = 0; i < count; ++i) {
      B first = B::from_owner(Loan(bytes_, &ends));
      B second(first);
      escape(second.data());
      sum += look(second);
    }
    if (ends != count) fail("%zu owners were made, and %zu were destroyed", count, std::size_t{ends});
    return fold(0, sum);
  }

  void report(const Resident&, Figures& figures) override {
    std::uint64_t ends = 0;
    report_copied(figures, copied(B::from_owner(Loan(bytes_, &ends)), bytes_));
  }

 private:
  const View bytes_;
};

template <class B>
void add_owner_workloads() {
  static const WorkloadEntry owner(made_by(kOwner, make_workload<Owning<B>>));
}

}  // namespace assay::suite::buffer
