// What a transfer holds and when it lets go, and what it says of itself: TR-24 to TR-28.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "suites/core/held_resources.h"
#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

// Sends both ways that it can, and copies, over `connection`; returns what the peer must have got.
template <class T>
Bytes use(T& subject, const Connection& connection, const TemporaryFile& file, const Bytes& bytes) {
  Bytes expected;
  for_each_source<T>([&](Source source) {
    const IoResult result =
        send_part(subject, source, connection.sender(), file, bytes, 100, bytes.size() - 100);
    require(result == IoResult{bytes.size() - 100, 0}, "%s of %zu bytes: %llu and %s", name_of(source),
            bytes.size() - 100, ull(result.bytes), strerror(result.error));
    expected.insert(expected.end(), bytes.begin() + 100, bytes.end());
  });
  if constexpr (kCopiesFiles<T>) {
    const TemporaryFile target;
    const IoResult result =
        watched([&] { return subject.copy(file.get(), 0, target.get(), 0, bytes.size()); });
    require(result == IoResult{bytes.size(), 0}, "copy() of %zu bytes: %llu and %s", bytes.size(),
            ull(result.bytes), strerror(result.error));
    require_same(target.read(0, bytes.size() + 1), bytes, "copy()");
  }
  return expected;
}

// Small enough that a connection takes all of it before anybody reads.
template <class T>
void use_once(T& subject, const char* what) {
  const Bytes bytes = make_bytes(5'000, seed());
  const TemporaryFile file{Span(bytes)};
  Connection connection;
  Received received(connection);
  const Bytes expected = use(subject, connection, file, bytes);
  received.take_all(expected.size());
  finish(subject, connection);
  connection.end();
  received.take_rest();
  require_same(received.bytes, expected, what);
}

template <class T>
void check_reopening() {
  Opened<T> transfer;
  transfer->close();
  transfer->close();
  for (int time = 0; time < 3; ++time) {
    transfer.open();
    use_once(transfer.subject, "opened again");
    transfer->close();
    transfer->close();
  }
  transfer.open();
  transfer.open();  // closes what was open
  use_once(transfer.subject, "opened twice");
  T never_opened;
  never_opened.close();
}

template <class T>
void check_moves() {
  Opened<T> transfer;
  use_once(transfer.subject, "before it was moved");
  T moved(std::move(transfer.subject));
  use_once(moved, "moved");
  transfer->close();
  T assigned;
  require(assigned.open() == 0, "a second one cannot be opened");
  use_once(assigned, "beside another");
  assigned = std::move(moved);
  use_once(assigned, "assigned");
  moved.close();
  transfer.open();  // what was moved from can be used again
  use_once(transfer.subject, "opened after it was moved from");
  T& same = assigned;
  assigned = std::move(same);
  use_once(assigned, "assigned to itself");
}

// Left in the middle, with bytes on their way and perhaps some in a pipe or under a request.
template <class T>
void leave_in_the_middle(T& subject) {
  if constexpr (kSends<T>) {
    const Bytes bytes = make_bytes(2'000'000, seed());
    const TemporaryFile file{Span(bytes)};
    Connection connection(false, {.send = 16'384, .receive = 8'192});
    for_each_source<T>([&](Source source) {
      send_part(subject, source, connection.sender(), file, bytes, 0, bytes.size());
    });
    connection.reset_by_peer();
    for_each_source<T>([&](Source source) {
      send_part(subject, source, connection.sender(), file, bytes, 0, bytes.size());
    });
    watched([&] { return subject.finish(connection.sender()); });
    subject.close();  // before the memory goes
  }
}

template <class T>
void check_held_resources() {
  require_available<T>();
  {
    Opened<T> transfer;  // what the process needs for the first one may stay
    use_once(transfer.subject, "the first");
  }
  const HeldResources before = held_resources();
  for (int time = 0; time < 3; ++time) {
    {
      Opened<T> transfer;
      use_once(transfer.subject, "one of several");
    }
    require_released(before, "destroyed after use");
    {
      Opened<T> transfer;
      use_once(transfer.subject, "one of several");
      transfer->close();
      require_released(before, "closed after use");
      transfer.open();
      leave_in_the_middle(transfer.subject);
      require_released(before, "closed in the middle of a transfer");
      transfer.open();
      transfer.open();
    }
    require_released(before, "opened twice and destroyed");
    {
      Opened<T> transfer;
      const TemporaryFile empty;
      for_each_source<T>([&](Source source) {
        if (source == Source::kMemory) return;
        Connection connection;
        send_part(transfer.subject, source, connection.sender(), empty, {}, 0, 100'000);
        send_part(transfer.subject, source, -1, empty, {}, 0, 100'000);
      });
      if constexpr (kCopiesFiles<T>) watched([&] { return transfer->copy(empty.get(), 0, -1, 0, 100'000); });
      T other;
      require(other.open() == 0, "a second one cannot be opened");
      other = std::move(transfer.subject);
    }
    require_released(before, "assigned to, after errors");
    T::available();
    require_released(before, "available()");
  }
}

// What the peer of one connection has not taken is not for the next one.
template <class T>
void check_abandoned() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(3'000'000, seed() + 9), others = make_bytes(40'000, seed() + 10);
      const TemporaryFile file{Span(bytes)}, other{Span(others)};
      Opened<T> transfer;
      {
        Connection connection(false, {.send = 16'384, .receive = 8'192});
        const IoResult result =
            send_part(transfer.subject, source, connection.sender(), file, bytes, 0, bytes.size());
        require(result.error == EAGAIN, "%s of 3,000,000 bytes that nobody reads: %s", name_of(source),
                strerror(result.error));
        connection.reset_by_peer();
        transfer->close();
      }
      transfer.open();
      Connection connection(true);
      Peer peer(connection);
      const IoResult result =
          send_part(transfer.subject, source, connection.sender(), other, others, 0, others.size());
      require(result == IoResult{others.size(), 0}, "%s after one that was abandoned: %llu and %s",
              name_of(source), ull(result.bytes), strerror(result.error));
      finish(transfer.subject, connection);
      connection.end();
      require_same(peer.bytes(), others, "what is sent after an abandoned transfer");
    });
  }
}

// The record beside the suite's own count of the calls that were made (suites/core/system_calls.h).
template <class T>
void check_record() {
  using namespace system_calls;
  Opened<T> transfer;
  const Bytes bytes = make_bytes(500'000, seed() + 11);
  const TemporaryFile file{Span(bytes)}, target;
  std::uint64_t delivered = 0;
  const auto compare = [&](const char* what, const TransferRecord& before, bool from_memory,
                           std::uint64_t moved) {
    delivered += moved;
    const TransferRecord& after = transfer->record();
    const std::uint64_t calls = after.calls - before.calls, copied = after.user_copied - before.user_copied;
    require(after.bytes == delivered, "%s: the record has %llu bytes, %llu were delivered", what,
            ull(after.bytes), ull(delivered));
    const std::uint64_t needed = counts().calls_of(kMoving | set_of(SystemCall::kRingEnter));
    require(calls >= needed && calls <= counts().all_calls(),
            "%s: the record has %llu calls; %llu were made, %llu of them to move bytes", what, ull(calls),
            ull(counts().all_calls()), ull(needed));
    require(copied <= moved, "%s: %llu of %llu bytes passed through a buffer, the record says", what,
            ull(copied), ull(moved));
    require(after.kernel_copied <= after.bytes, "%s: the kernel copied %llu of %llu bytes, the record says",
            what, ull(after.kernel_copied), ull(after.bytes));
    if (counts().calls_of(SystemCall::kRingOperation) > 0) return;  // these move bytes on their own
    const std::uint64_t in_kernel = counts().bytes_of(kInKernel), read = counts().bytes_of(kReading);
    require(copied <= read, "%s: %llu bytes passed through a buffer, the record says, and %llu were read",
            what, ull(copied), ull(read));
    if (from_memory || (read == 0 && in_kernel > 0))
      require(copied == 0, "%s: %llu bytes passed through a buffer, the record says, and none did", what,
              ull(copied));
    if (!from_memory && in_kernel == 0 && read >= moved)
      require(copied == moved, "%s: %llu of %llu bytes passed through a buffer, the record says, and all did",
              what, ull(copied), ull(moved));
  };
  for (const std::size_t length : {1u, 10'000u, 499'999u}) {
    for_each_source<T>([&](Source source) {
      for (const bool blocks : {true, false}) {
        Connection connection(blocks);
        const TransferRecord before = transfer->record();
        reset_counts();
        IoResult result;
        const auto send = [&](std::uint64_t done) {
          return send_part(transfer.subject, source, connection.sender(), file, bytes, done, length - done);
        };
        if (blocks) {
          Peer peer(connection);
          result = send(0);
          finish(transfer.subject, connection);
          connection.end();
        } else {
          Received received(connection);
          result = drive(connection, received, length, 50'000, false, send);
          finish(transfer.subject, connection, [&] { received.take(1 << 20); });
        }
        require(result.bytes == length, "%s of %zu bytes: %llu", name_of(source), length, ull(result.bytes));
        compare(name_of(source), before, source == Source::kMemory, length);
      }
    });
    if constexpr (kCopiesFiles<T>) {
      const TransferRecord before = transfer->record();
      reset_counts();
      const IoResult result = watched([&] { return transfer->copy(file.get(), 0, target.get(), 0, length); });
      compare("copy()", before, false, result.bytes);
    }
  }
  transfer.open();
  const TransferRecord& fresh = transfer->record();
  require(fresh.bytes == 0 && fresh.user_copied == 0 && fresh.kernel_copied == 0,
          "open() leaves %llu bytes of what was before in the record", ull(fresh.bytes));
}

template <class T>
struct LifeClauses {
  Clause reopening{"TR-24", ClauseClass::kViolation, "zerocopy/transfer_concept.h: open, close",
                   "A transfer can be closed any number of times, and opened again", &check_reopening<T>};
  Clause moves{"TR-25", ClauseClass::kViolation, "zerocopy/transfer_concept.h: moves only",
               "What is moved goes on, and what was moved from can be closed and opened", &check_moves<T>};
  Clause held{"TR-26", ClauseClass::kViolation, "Assay contract Z-18",
              "Descriptors and mappings end with the transfer, also in the middle and after errors",
              &check_held_resources<T>};
  Clause abandoned{"TR-27", ClauseClass::kViolation, "Assay contract Z-05",
                   "close() drops what a socket is still owed: nothing of it goes to the next one",
                   &check_abandoned<T>};
  Clause record{"TR-28", ClauseClass::kViolation, "zerocopy/transfer_concept.h: TransferRecord",
                "The record has the bytes, the calls and the copies that were counted beside it",
                &check_record<T>};
};

}  // namespace assay::suite::transfer
