// What is checked and measured: the C library's allocator, a shared library that replaces it, or a type that
// is built into programs of its own.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace assay::suite {

enum class Role {
  kBaseline,  // ratios are to it
  kPeer,
  kNull,  // measures the harness itself; promises nothing
};

struct Subject {
  std::string name;
  std::string library;  // absolute path for LD_PRELOAD; "" for the C library in use, and for a built-in type
  std::string version;  // as the library says of itself, "" when it says nothing
  std::string digest;   // "fnv1a64:" and 16 digits over the library's bytes
  Role role = Role::kPeer;
  std::string program;      // of a built-in type: what runs its workloads, or its clauses; otherwise ""
  std::string unavailable;  // why it cannot be measured here, "" when it can
};

const char* name_of(Role role);  // "baseline", "peer", "null"

// A text that does not name a subject; the message says what is wrong with which path.
struct SubjectError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The subject that "name=/path/lib.so" or "/path/lib.so" names; "glibc=" and "glibc" are the C library in
// use. A relative path starts in `directory`. Without a name it is the file's, less "lib" and all from ".so"
// on. Throws SubjectError unless the file is a shared library for this processor that can be preloaded and
// then provides malloc. Asks the library for its version in a process of its own; one that dies there is
// accepted without a version: it will be seen to fail where it is tested.
Subject parse_subject(std::string_view text, const std::string& directory, Role role = Role::kPeer);

// The type that `program`, a path, was built with. Throws SubjectError when there is no such file.
Subject built_in_subject(std::string name, std::string version, const std::string& program);

// Where paths that a user types start: the directory that `bazel run` was called in, else the current one.
std::string user_directory();

}  // namespace assay::suite
