// Random programs beside an oracle: made from a seed, run in a forked child, shrunk when they fail, and
// printed as C++ to paste into a named test.
//
//   struct Language {
//     struct Operation { …; std::size_t size; };  // trivially copyable
//     void generate(Random&, Operation*, std::size_t count) const;
//     void run(const Operation*, std::size_t count) const;  // concludes violated() when the oracle objects
//     void print(const Operation&) const;  // one statement of C++, on standard error
//     const char* opening() const;         // the statements before them
//   };
//
// Every operation must be valid in every state, so that any part of a program is a program. `size` is what
// shrinking reduces besides leaving operations out.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>
#include <utility>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"
#include "suites/core/random.h"

namespace assay::suite {

// Runs `body(context)` in a forked child. When it does not return normally: true, and how it ended.
bool fails_in_child(void (*body)(const void*), const void* context, char* message, std::size_t size);

template <class Language>
class Program {
 public:
  using Operation = typename Language::Operation;
  static_assert(std::is_trivially_copyable_v<Operation>);

  // In memory of its own, so that making and shrinking it leaves the subject's heap alone.
  Program(const Language& language, std::uint64_t seed, std::size_t length)
      : language_(language),
        operations_(static_cast<Operation*>(map_memory(length * sizeof(Operation)))),
        attempt_(static_cast<Operation*>(map_memory(length * sizeof(Operation)))),
        room_(length * sizeof(Operation)),
        length_(length) {
    Random random(seed);
    language_.generate(random, operations_, length);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    munmap(operations_, room_);
    munmap(attempt_, room_);
  }

  bool fails(char* message, std::size_t size) const {
    return fails_in_child(
        [](const void* self) {
          const auto* program = static_cast<const Program*>(self);
          program->language_.run(program->operations_, program->length_);
        },
        this, message, size);
  }

  // Leaves out operations and reduces sizes while the program still fails: a local minimum (delta debugging,
  // Zeller and Hildebrandt, 2002), after `attempts` runs at the most.
  void shrink(int attempts) {
    for (std::size_t count = length_ / 2; count > 0 && attempts > 0; count = count == 1 ? 0 : count / 2) {
      for (std::size_t begin = 0; begin + count <= length_ && attempts > 0; --attempts)
        if (!try_without(begin, count)) begin += count;
    }
    for (std::size_t i = 0; i < length_ && attempts > 0; ++i) {
      char message[64];
      for (std::size_t step = operations_[i].size / 2; step > 0 && attempts > 0; step /= 2, --attempts) {
        operations_[i].size -= step;
        if (!fails(message, sizeof message)) operations_[i].size += step;
      }
    }
  }

  void print(std::uint64_t seed) const {
    std::fprintf(stderr,
                 "CLAUSE(\"MODEL-n\", kViolation, \"found by the model with seed %llu\", \"…\") {\n%s",
                 static_cast<unsigned long long>(seed), language_.opening());
    for (std::size_t i = 0; i < length_; ++i) language_.print(operations_[i]);
    std::fprintf(stderr, "}\n");
  }

  std::size_t length() const { return length_; }

 private:
  bool try_without(std::size_t begin, std::size_t count) {
    std::swap(operations_, attempt_);
    std::memcpy(operations_, attempt_, begin * sizeof(Operation));
    std::memcpy(operations_ + begin, attempt_ + begin + count, (length_ - begin - count) * sizeof(Operation));
    length_ -= count;
    char message[64];
    if (fails(message, sizeof message)) return true;
    length_ += count;
    std::swap(operations_, attempt_);
    return false;
  }

  const Language& language_;
  Operation* operations_;
  Operation* attempt_;
  const std::size_t room_;  // bytes of each
  std::size_t length_;
};

// Programs number seed() and following; the first that fails is shrunk, printed and concluded as violated().
template <class Language>
void run_random_programs(const Language& language, std::size_t length, int programs) {
  constexpr int kShrinkingAttempts = 2000;
  for (std::uint64_t n = seed(); n < seed() + static_cast<std::uint64_t>(programs); ++n) {
    Program<Language> program(language, n, length);
    char message[1000], shrunk[1000];
    if (!program.fails(message, sizeof message)) continue;
    program.shrink(kShrinkingAttempts);
    if (program.fails(shrunk, sizeof shrunk)) std::memcpy(message, shrunk, sizeof message);
    program.print(n);
    violated("seed %llu, %zu of %zu operations are enough (printed as C++):%s",
             static_cast<unsigned long long>(n), program.length(), length, message + 1);
  }
}

}  // namespace assay::suite
