// A defect that can be switched on: how one program is every mutant of its family.
//
//   inline const Mutation reuses_oldest_first("reuses_oldest_first");
//   … if (reuses_oldest_first) …
//
// The driver names one in the environment of each process that it starts (bazel/defs.bzl, mutants()). With
// none it is the sound subject that the defects were put into, and must pass every clause.
#pragma once

#include <cstdlib>
#include <cstring>

namespace assay::suite {

constexpr const char* kMutationVariable = "ASSAY_MUTATION";

class Mutation {
 public:
  explicit Mutation(const char* name) {
    const char* chosen = std::getenv(kMutationVariable);
    on_ = chosen != nullptr && std::strcmp(chosen, name) == 0;
  }
  operator bool() const { return on_; }

 private:
  bool on_;
};

}  // namespace assay::suite
