// what a resource owes to the upstream that it draws on, and to its user when that fails.
#pragma once

#include <cstdint>
#include <exception>
#include <typeinfo>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/live_map.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

template <MemoryResource R>
void require_upstream() {
  if constexpr (!kResourceTraits<R>.takes_upstream) absent("takes no upstream");
}

// Ends when the resource has to ask upstream, which fails; or when it has had `size` often enough without.
template <MemoryResource R>
void see_failure_propagate(std::size_t size) {
  RecordedUpstream upstream;
  upstream.pages().fail_after(0, true);
  try {
    const Owned<R> instance = make_instance<R>(&upstream);
    for (int i = 0; i < 10'000; ++i)
      if (allocate(instance->resource(), size, 8) == nullptr) return;
  } catch (const std::exception& error) {
    require(typeid(error) == typeid(UpstreamFailure), "upstream threw %s, allocate(%zu, 8) threw %s (%s)",
            typeid(UpstreamFailure).name(), size, typeid(error).name(), error.what());
  } catch (...) {
    violated("upstream threw %s, allocate(%zu, 8) something else", typeid(UpstreamFailure).name(), size);
  }
}

template <MemoryResource R>
void check_failure_propagates() {
  require_upstream<R>();
  if constexpr (!kResourceTraits<R>.propagates) absent("claims no propagation of what upstream throws");
  for (const std::size_t size : Sizes{1, 64, 1000, 5000, 1 << 20}) see_failure_propagate<R>(size);
}

// Blocks of many sizes beside the oracle. Each request that fails is made once more, which must succeed:
// upstream fails only once, and a failed request leaves the resource as it was.
template <MemoryResource R>
class FailingRun {
 public:
  explicit FailingRun(RecordedUpstream* upstream) : upstream_(upstream) {}

  void run() {
    instance_ = try_make();
    if (instance_ == nullptr) instance_ = try_make();
    require(instance_ != nullptr, "after one failed construction a second one fails too");
    static constexpr std::size_t kSizes[] = {8, 24, 100, 500, 1000, 3000, 5000, 70'000};
    for (int round = 0; round < 4; ++round)
      for (const std::size_t size : kSizes) take(size, 8);
    for (int i = 0; i < taken_; i += 2) give_back(i);
    for (const std::size_t size : kSizes) take(size, 8);
    for (int i = 0; i < taken_; ++i) give_back(i);
    instance_.reset();
  }

 private:
  struct Block {
    void* address;
    std::size_t size, alignment;
  };

  Owned<R> try_make() {
    try {
      return make_instance<R>(upstream_);
    } catch (...) {
      return nullptr;
    }
  }

  void take(std::size_t size, std::size_t alignment) {
    const std::size_t failures = upstream_->pages().failures();
    void* address = try_allocate(instance_->resource(), size, alignment);
    if (address == nullptr && upstream_->pages().failures() > failures) {
      address = try_allocate(instance_->resource(), size, alignment);
      require(address != nullptr, "allocate(%zu, %zu) failed with upstream, and again when upstream served",
              size, alignment);
    }
    if (address == nullptr) return;  // full, or more than it ever gives
    const char* problem = live_.add(address, size, size, 1);
    require(problem == nullptr, "%s", problem);
    blocks_[taken_++] = {address, size, alignment};
  }

  void give_back(int i) {
    if (blocks_[i].address == nullptr) return;
    const char* problem = live_.remove(blocks_[i].address);
    require(problem == nullptr, "%s", problem);
    instance_->resource().deallocate(blocks_[i].address, blocks_[i].size, blocks_[i].alignment);
    blocks_[i].address = nullptr;
  }

  RecordedUpstream* upstream_;
  Owned<R> instance_;
  LiveMap live_;
  Block blocks_[64];
  int taken_ = 0;
};

template <MemoryResource R>
void check_strong_guarantee() {
  require_upstream<R>();
  RecordedUpstream calm;
  FailingRun<R>(&calm).run();
  const std::size_t calls = calm.pages().allocations(), kept = calm.pages().live_blocks();
  for (std::size_t k = 0; k < calls; ++k) {
    const Ending ending = run_forked([=] {
      RecordedUpstream upstream;
      upstream.pages().fail_after(k);
      FailingRun<R>(&upstream).run();
      require(upstream.pages().live_blocks() == kept,
              "when upstream call %zu of %zu fails, %zu blocks of upstream are lost", k + 1, calls,
              upstream.pages().live_blocks() - kept);
    });
    require(ending.clean(), "when upstream call %zu of %zu fails, the resource ends the program: %s", k + 1,
            calls, describe(ending));
  }
}

template <MemoryResource R>
void check_returns_are_exact() {
  require_upstream<R>();
  RecordedUpstream upstream;
  FailingRun<R>(&upstream).run();
  if constexpr (kResourceTraits<R>.releases) {
    const Owned<R> instance = make_instance<R>(&upstream);
    for (const std::size_t size : Sizes{1, 100, 1000, 5000, 100'000})
      for (int i = 0; i < 20; ++i) try_allocate(instance->resource(), size, std::size_t{1} << (i % 8));
    instance->subject().release();
  }
  const auto& wrong = upstream.first_wrong_return();
  require(upstream.wrong_returns() == 0,
          "%zu blocks went back to upstream with another size or alignment, first (%zu, %zu) instead of "
          "(%zu, %zu)",
          upstream.wrong_returns(), wrong.size, wrong.alignment, wrong.given_size, wrong.given_alignment);
  require(upstream.foreign_returns() == 0, "%zu addresses went to upstream that were none of its live blocks",
          upstream.foreign_returns());
}

}  // namespace assay::suite::memory_resource
