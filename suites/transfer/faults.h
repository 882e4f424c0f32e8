// Every system call of a scripted transfer fails in turn, once, in each of the ways in which system calls do:
// what cannot be overcome is reported, no byte is lost, doubled or wrong, and nothing is left open.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>

#include "suites/core/held_resources.h"
#include "suites/transfer/clauses/life.h"
#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

using system_calls::Act;
using system_calls::Fault;
using system_calls::Faults;
using system_calls::kInKernel;
using system_calls::kMoving;
using system_calls::kReading;
using system_calls::kReceiving;
using system_calls::kSending;
using system_calls::Set;
using system_calls::set_of;

enum class Outcome { kOvercome, kMayFail };

// One run of the script. `name` says what is done to it.
template <class T>
class FaultyRun {
 public:
  FaultyRun(const Fault& fault, Outcome outcome, const char* name)
      : faults_(fault), name_(name), position_(fault.after), may_fail_(outcome == Outcome::kMayFail) {}

  // Whether the script came to the call that was to fail.
  bool run(const Bytes& bytes, const TemporaryFile& file) {
    {
      T transfer;
      // An available() that fails says so, and leaves nothing behind either.
      if (may_fail_) watched([] { return T::available(); });
      const int error = watched([&] { return transfer.open(); });
      expect(error, "open()");
      if (error == 0) {
        for_each_source<T>([&](Source source) {
          send(transfer, source, file, bytes, 60'000, {.send = 16'384, .receive = 8'192});
          send(transfer, source, file, bytes, bytes.size(), {});
        });
        copy(transfer, file, bytes);
      }
      watched([&] { transfer.close(); });
      if (faults_.met() > 0) {
        const int again = transfer.open();
        if (again != 0) broken("open() says %s afterwards", strerror(again));
        use_once(transfer, "after a failure that is over");
      }
    }
    return faults_.met() > 0;
  }

 private:
  [[noreturn, gnu::format(printf, 2, 3)]] void broken(const char* format, ...) const {
    char what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    violated("%s at call %llu, %s: %s", name_, ull(position_), suite::name_of(faults_.kind()), what);
  }

  void expect(int error, const char* what) const {
    if (error == EINTR) broken("%s lets EINTR be seen", what);
    if (error != 0 && (faults_.met() == 0 || !may_fail_)) broken("%s says %s", what, strerror(error));
  }

  // After an error the transfer is closed and opened, as a server does that gives up a connection.
  void recover(T& transfer) {
    transfer.close();
    if (const int error = transfer.open(); error != 0) broken("open() says %s afterwards", strerror(error));
  }

  void send(T& transfer, Source source, const TemporaryFile& file, const Bytes& bytes, std::size_t length,
            Buffers buffers) {
    Connection connection(false, buffers);
    Received received(connection);
    const IoResult result = drive(connection, received, length, 10'000, true, [&](std::uint64_t done) {
      return send_part(transfer, source, connection.sender(), file, bytes, done, length - done);
    });
    expect(result.error, name_of(source));
    if (result.ok()) {
      const IoResult last = finished(transfer, connection, [&] { received.take(1 << 20); });
      expect(last.error, "finish()");
    }
    connection.end();
    received.take_rest();
    char what[100];
    snprintf(what, sizeof what, "%s at call %llu, %s", name_, ull(position_), suite::name_of(faults_.kind()));
    require_same(received.bytes, Span(bytes).first(static_cast<std::size_t>(result.bytes)), what);
    if (!result.ok()) recover(transfer);
  }

  void copy(T& transfer, const TemporaryFile& file, const Bytes& bytes) {
    if constexpr (kCopiesFiles<T>) {
      const TemporaryFile target;
      const IoResult result =
          watched([&] { return transfer.copy(file.get(), 0, target.get(), 0, bytes.size()); });
      expect(result.error, "copy()");
      const auto done = static_cast<std::size_t>(result.bytes);
      if (result.ok() && done != bytes.size()) broken("copy() of %zu bytes copied %zu", bytes.size(), done);
      require_same(target.read(0, done), Span(bytes).first(done), name_);
      if (!result.ok()) recover(transfer);
    }
  }

  const Faults faults_;
  const char* const name_;
  const std::uint64_t position_;
  const bool may_fail_;
};

template <class T>
void fail_everywhere(Fault fault, Outcome outcome, const char* name) {
  require_available<T>();
  const Bytes bytes = make_bytes(150'000, seed() + 17);
  const TemporaryFile file{Span(bytes)};
  if (!system_calls::ring_operations_fail()) fault.kinds &= ~set_of(SystemCall::kRingOperation);
  {
    Opened<T> transfer;
    use_once(transfer.subject, "before anything fails");
  }
  const HeldResources before = held_resources();
  for (fault.after = 0;; ++fault.after) {
    char when[100];
    snprintf(when, sizeof when, "%s at call %llu", name, ull(fault.after));
    if (!FaultyRun<T>(fault, outcome, name).run(bytes, file)) return;
    require_released(before, when);
  }
}

constexpr Set kRingOperations = set_of(SystemCall::kRingOperation);

template <class T>
void check_short_everywhere() {
  fail_everywhere<T>({.act = Act::kShort, .kinds = kMoving | kRingOperations}, Outcome::kOvercome,
                     "half of a call");
  fail_everywhere<T>({.act = Act::kOneByte, .kinds = kMoving | kRingOperations}, Outcome::kOvercome,
                     "one byte of a call");
}

template <class T>
void check_interrupted_everywhere() {
  fail_everywhere<T>({.act = Act::kFail,
                      .error = EINTR,
                      .kinds = kMoving | kRingOperations |
                               set_of(SystemCall::kRingEnter, SystemCall::kPoll, SystemCall::kOpen)},
                     Outcome::kOvercome, "EINTR");
  fail_everywhere<T>({.act = Act::kShortAndFail, .error = EINTR, .kinds = kMoving}, Outcome::kOvercome,
                     "half of a call, then EINTR");
}

// Of calls that move bytes to a socket that does not block.
template <class T>
void check_full_everywhere() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    constexpr Set kToSocket =
        kSending | set_of(SystemCall::kWrite, SystemCall::kWritev, SystemCall::kSendfile);
    fail_everywhere<T>({.act = Act::kFail, .error = EAGAIN, .kinds = kToSocket}, Outcome::kMayFail, "EAGAIN");
    fail_everywhere<T>({.act = Act::kShortAndFail, .error = EAGAIN, .kinds = kToSocket}, Outcome::kMayFail,
                       "half of a call, then EAGAIN");
  }
}

template <class T>
void check_errors_everywhere() {
  constexpr Set kNever = set_of(SystemCall::kMunmap, SystemCall::kOther);
  fail_everywhere<T>({.act = Act::kFail, .error = EIO, .kinds = system_calls::kAll & ~kNever},
                     Outcome::kMayFail, "EIO");
  fail_everywhere<T>({.act = Act::kShortAndFail, .error = EIO, .kinds = kMoving}, Outcome::kMayFail,
                     "half of a call, then EIO");
}

template <class T>
void check_exhaustion_everywhere() {
  constexpr Set kNever = set_of(SystemCall::kMunmap, SystemCall::kClose, SystemCall::kOther);
  fail_everywhere<T>({.act = Act::kFail, .error = ENOMEM, .kinds = system_calls::kAll & ~kNever},
                     Outcome::kMayFail, "ENOMEM");
  fail_everywhere<T>({.act = Act::kFail,
                      .error = EMFILE,
                      .kinds = set_of(SystemCall::kOpen, SystemCall::kPipe, SystemCall::kSocket,
                                      SystemCall::kRingSetup, SystemCall::kFcntl)},
                     Outcome::kMayFail, "EMFILE");
  fail_everywhere<T>({.act = Act::kFail, .error = ENOBUFS, .kinds = kSending | kRingOperations},
                     Outcome::kMayFail, "ENOBUFS");
}

template <class T>
void check_nothing_everywhere() {
  fail_everywhere<T>({.act = Act::kNothing, .kinds = kReading | kInKernel}, Outcome::kMayFail,
                     "a call that moves nothing");
}

template <class T>
struct FaultClauses {
  Clause shorts{"FAULTS-1", ClauseClass::kViolation, "Assay contract Z-01",
                "Wherever a call does less than it was asked to, nobody notices", &check_short_everywhere<T>};
  Clause interruptions{"FAULTS-2", ClauseClass::kViolation, "Assay contract Z-01",
                       "Wherever a call is interrupted, nobody notices", &check_interrupted_everywhere<T>};
  Clause full{"FAULTS-3", ClauseClass::kViolation, "Assay contract Z-02",
              "Wherever a socket is full, the transfer goes on behind what was accepted",
              &check_full_everywhere<T>};
  Clause errors{
      "FAULTS-4", ClauseClass::kViolation, "Assay contract Z-18",
      "Wherever a call fails, the error is reported or overcome: no byte is wrong, nothing stays open",
      &check_errors_everywhere<T>};
  Clause exhaustion{"FAULTS-5", ClauseClass::kViolation, "Assay contract Z-18",
                    "Wherever memory, buffers or descriptors run out, that is reported or overcome",
                    &check_exhaustion_everywhere<T>};
  Clause nothing{"FAULTS-6", ClauseClass::kViolation, "Assay contract Z-03",
                 "Wherever a call moves nothing and says no error, that is reported or overcome",
                 &check_nothing_everywhere<T>};
};

}  // namespace assay::suite::transfer
