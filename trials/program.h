// A built program that measures: what it is made of, and what it can run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/runner/workload.h"
#include "trials/contestant.h"

namespace assay::trials {

class Program {
 public:
  // `file` as Bazel built it: a program, or the script of bazel/command.bzl that runs one on a shared
  // library. Throws std::runtime_error when it is neither, or does not tell its cases.
  explicit Program(const std::string& file);

  std::uint64_t digest() const { return digest_; }  // of the program's bytes and its library's
  // Of the bytes that are measured: the library's where there is one.
  std::uint64_t measured_digest() const { return measured_digest_; }
  bool has_library() const { return !library_.empty(); }
  const std::vector<suite::Workload>& cases() const { return cases_; }

  // One of two that take turns on `workload`.
  Side side(const std::string& name, const suite::Workload& workload) const;

  // The command that counted.h runs, and its environment.
  std::vector<std::string> counted_arguments(const suite::Workload& workload) const;
  std::vector<std::string> environment() const;

 private:
  std::string path_, library_;
  std::uint64_t digest_, measured_digest_;
  std::vector<suite::Workload> cases_;
};

}  // namespace assay::trials
