// The unit of conformance: one sentence a subject must keep, with its class, its source and its check.
//
//   CLAUSE("C-21", kViolation, "POSIX.1-2024 calloc", "calloc overflow sets errno to ENOMEM") {
//     errno = kSentinel;
//     void* block = calloc(SIZE_MAX, 2);
//     require(errno == ENOMEM, "calloc(SIZE_MAX, 2) left errno at %d", errno);
//     free(block);
//   }
//
// A check runs in a process of its own (suites/core/child.h), started for this clause alone. It returns when
// the clause holds. Any other finding is concluded, from any depth, any thread and any forked child, by one
// of the [[noreturn]] functions below: the first conclusion counts and ends the process. None of these
// functions allocates, because the allocator may be what is broken.
#pragma once

#include <cstdint>

namespace assay::suite {

// What it means when a clause does not hold.
enum class ClauseClass : char {
  kViolation = 'V',       // a normative text is broken: fails the run
  kReading = 'W',         // two editions of the standard disagree: `weak` says the stricter one is not met
  kImplementation = 'I',  // the text leaves a choice open: `chose` records it
  kExtension = 'X',       // in no standard, but software relies on it: fails the run
  kQuality = 'Q',         // robustness, reported and never a gate
};

// Registers itself by its address, so it must live as long as the program: CLAUSE makes it static.
struct Clause {
  const char* id;  // "C-21", as in the contract
  ClauseClass clause_class;
  const char* source;    // the text that the clause comes from
  const char* sentence;  // what must hold
  void (*check)();
  const Clause* next;  // registration order within a file; files in link order

  Clause(const char* id, ClauseClass clause_class, const char* source, const char* sentence, void (*check)());
};

const Clause* first_clause();               // head of the list of all linked clauses
const Clause* find_clause(const char* id);  // null when there is none

// Findings. Messages are printf formats, cut at 1,000 characters; say what was called and what came back.
[[noreturn, gnu::format(printf, 1, 2)]] void violated(const char* format, ...);  // does not hold (any class)
[[noreturn, gnu::format(printf, 1, 2)]] void weak(const char* format, ...);      // W: only the weaker reading
[[noreturn, gnu::format(printf, 1, 2)]] void chose(const char* format, ...);     // I: which choice was taken
[[noreturn, gnu::format(printf, 1, 2)]] void absent(const char* format, ...);    // entry point not provided
[[noreturn, gnu::format(printf, 1, 2)]] void skipped(const char* format, ...);  // cannot be checked here, why
[[noreturn]] void held();  // holds, for a check that ends inside an exit handler instead of returning
[[gnu::format(printf, 1, 2)]] void note(const char* format, ...);  // a value worth recording beside a pass
[[gnu::format(printf, 2, 3)]] void require(bool holds, const char* format, ...);  // violated unless `holds`

// Seed of every random choice in this run; printed with each finding, set by --seed.
std::uint64_t seed();

// Path of a program or library built beside the running one ("first_call", "libplugin.so"); static storage.
const char* sibling(const char* name);

}  // namespace assay::suite

#define ASSAY_JOIN_(a, b) a##b
#define ASSAY_JOIN(a, b) ASSAY_JOIN_(a, b)
#define CLAUSE(id, clause_class, source, sentence)                                                     \
  static void ASSAY_JOIN(check_, __LINE__)();                                                          \
  static const ::assay::suite::Clause ASSAY_JOIN(clause_, __LINE__)(                                   \
      id, ::assay::suite::ClauseClass::clause_class, source, sentence, &ASSAY_JOIN(check_, __LINE__)); \
  static void ASSAY_JOIN(check_, __LINE__)()
