// Every system call of a scripted use fails in turn, once: what cannot be overcome is reported, what is
// delivered is right, and nothing is left open.
#pragma once

#include <cstdint>
#include <cstdio>

#include "suites/core/held_resources.h"
#include "suites/reader/subject.h"

namespace assay::suite::reader {

using system_calls::Act;
using system_calls::Fault;
using system_calls::Faults;
using system_calls::kReading;
using system_calls::set_of;

enum class Outcome { kOvercome, kMayFail };

template <class R>
class FaultyUse {
 public:
  FaultyUse(const Fault& fault, Outcome outcome, const char* name)
      : faults_(fault), may_fail_(outcome == Outcome::kMayFail) {
    snprintf(what_, sizeof what_, "%s at call %llu", name, ull(fault.after));
  }

  // Whether it came to the call that was to fail.
  bool run(const TemporaryFile& file, const Bytes& bytes) {
    {
      R reader;
      if (may_fail_) watched([&] { return R::available(file.path()); });
      if (accept(watched([&] { return reader.open(file.path()); }), "open()")) {
        pass(reader, bytes, 0, bytes.size());
        read(reader, bytes, 100, 70'000);
        pass(reader, bytes, 4097, 100'000);
      }
      watched([&] { reader.close(); });
      if (faults_.met() > 0) {
        const int error = reader.open(file.path());
        require(error == 0, "%s, %s: open() says %s afterwards", what_, name_of(faults_.kind()),
                strerror(error));
        expect_range(reader, bytes, 0, bytes.size(), what_);
      }
    }
    return faults_.met() > 0;
  }

 private:
  bool accept(int error, const char* call) const {
    if (error != 0 && (error == EINTR || faults_.met() == 0 || !may_fail_))
      violated("%s, %s: %s says %s", what_, name_of(faults_.kind()), call, strerror(error));
    return error == 0;
  }

  void pass(R& reader, const Bytes& bytes, std::size_t offset, std::size_t length) {
    const int error = watched([&] { return reader.start(offset, length); });
    if (!accept(error, "start()")) return;
    std::size_t got = 0;
    for (;;) {
      const Chunk chunk = watched([&] { return reader.next(); });
      if (chunk.bytes.empty()) {
        if (accept(chunk.error, "next()") && got != length)
          violated("%s, %s: a pass ends after %zu of %zu bytes without an error", what_,
                   name_of(faults_.kind()), got, length);
        return;
      }
      if (got + chunk.bytes.size() > length) violated("%s: a range of %zu bytes gives more", what_, length);
      require_same(chunk.bytes, Span(bytes).subspan(offset + got, chunk.bytes.size()), what_);
      const int doubt = watched([&] { return reader.confirm(); });
      if (!accept(doubt, "confirm()")) return;
      got += chunk.bytes.size();
    }
  }

  void read(R& reader, const Bytes& bytes, std::size_t offset, std::size_t length) {
    Bytes into(length);
    const IoResult result = watched([&] { return reader.read(offset, into); });
    if (result.bytes > length || (accept(result.error, "read()") && result.bytes != length))
      violated("%s: read() of %zu bytes gives %llu", what_, length, ull(result.bytes));
    require_same(Span(into).first(static_cast<std::size_t>(result.bytes)),
                 Span(bytes).subspan(offset, static_cast<std::size_t>(result.bytes)), what_);
  }

  const Faults faults_;
  const bool may_fail_;
  char what_[100];
};

template <class R>
void fail_everywhere(Fault fault, Outcome outcome, const char* name) {
  const Bytes bytes = make_bytes(1'000'001, seed() + 22);
  const TemporaryFile file{Span(bytes)};
  require_available<R>(file);
  if (!system_calls::ring_operations_fail()) fault.kinds &= ~set_of(SystemCall::kRingOperation);
  {
    Opened<R> reader(file);
    expect_range(reader.subject, bytes, 0, bytes.size(), "before anything fails");
  }
  const HeldResources before = held_resources();
  for (fault.after = 0;; ++fault.after) {
    if (!FaultyUse<R>(fault, outcome, name).run(file, bytes)) return;
    char when[100];
    snprintf(when, sizeof when, "%s at call %llu", name, ull(fault.after));
    require_released(before, when);
  }
}

template <class R>
void check_short_everywhere() {
  constexpr system_calls::Set kKinds = kReading | set_of(SystemCall::kRingOperation);
  fail_everywhere<R>({.act = Act::kShort, .kinds = kKinds}, Outcome::kOvercome, "half of a call");
  // Past the cache a rest that begins anywhere cannot be read as such: the reader finds a way.
  fail_everywhere<R>({.act = Act::kOneByte, .kinds = kKinds}, Outcome::kOvercome, "one byte of a call");
}

template <class R>
void check_interrupted_everywhere() {
  fail_everywhere<R>(
      {.act = Act::kFail,
       .error = EINTR,
       .kinds = kReading | set_of(SystemCall::kRingOperation, SystemCall::kRingEnter, SystemCall::kOpen)},
      Outcome::kOvercome, "EINTR");
}

template <class R>
void check_errors_everywhere() {
  constexpr system_calls::Set kNever = set_of(SystemCall::kMunmap, SystemCall::kOther);
  fail_everywhere<R>({.act = Act::kFail, .error = EIO, .kinds = system_calls::kAll & ~kNever},
                     Outcome::kMayFail, "EIO");
}

template <class R>
void check_exhaustion_everywhere() {
  constexpr system_calls::Set kNever = set_of(SystemCall::kMunmap, SystemCall::kClose, SystemCall::kOther);
  fail_everywhere<R>({.act = Act::kFail, .error = ENOMEM, .kinds = system_calls::kAll & ~kNever},
                     Outcome::kMayFail, "ENOMEM");
  fail_everywhere<R>(
      {.act = Act::kFail,
       .error = EMFILE,
       .kinds = set_of(SystemCall::kOpen, SystemCall::kRingSetup, SystemCall::kFcntl, SystemCall::kPipe)},
      Outcome::kMayFail, "EMFILE");
}

template <class R>
void check_nothing_everywhere() {
  fail_everywhere<R>({.act = Act::kNothing, .kinds = kReading | set_of(SystemCall::kRingOperation)},
                     Outcome::kMayFail, "a read of nothing");
}

template <class R>
struct FaultClauses {
  Clause shorts{"FAULTS-1", ClauseClass::kViolation, "read(2): fewer bytes than requested",
                "Wherever a call reads less than it was asked to, nobody notices",
                &check_short_everywhere<R>};
  Clause interruptions{"FAULTS-2", ClauseClass::kViolation, "read(2): EINTR",
                       "Wherever a call is interrupted, nobody notices", &check_interrupted_everywhere<R>};
  Clause errors{
      "FAULTS-3", ClauseClass::kViolation, "Assay contract Z-18",
      "Wherever a call fails, the error is reported or overcome: no byte is wrong, nothing stays open",
      &check_errors_everywhere<R>};
  Clause exhaustion{"FAULTS-4", ClauseClass::kViolation, "Assay contract Z-18",
                    "Wherever memory or descriptors run out, that is reported or overcome",
                    &check_exhaustion_everywhere<R>};
  Clause nothing{"FAULTS-5", ClauseClass::kViolation, "Assay contract Z-03",
                 "Wherever a file seems to end, that is reported or overcome", &check_nothing_everywhere<R>};
};

}  // namespace assay::suite::reader
