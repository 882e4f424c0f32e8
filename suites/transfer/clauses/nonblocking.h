// Sockets that do not block, calls that do less than was asked for, and signals: TR-07 to TR-12.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdint>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

constexpr Buffers kSmall{.send = 16'384, .receive = 8'192};

// Whether all arrives over a socket that does not block; `bite` and `exactly` as in drive().
template <class T>
void send_without_blocking(Source source, std::size_t length, Buffers buffers, std::size_t bite,
                           bool exactly) {
  const Bytes bytes = make_bytes(length, seed() + bite);
  const TemporaryFile file{Span(bytes)};
  Opened<T> transfer;
  Connection connection(false, buffers);
  Received received(connection);
  const IoResult result = drive(connection, received, length, bite, exactly, [&](std::uint64_t done) {
    return send_part(transfer.subject, source, connection.sender(), file, bytes, done, length - done);
  });
  require(result == IoResult{length, 0}, "%s of %zu bytes: %llu and %s", name_of(source), length,
          ull(result.bytes), strerror(result.error));
  finish(transfer.subject, connection, [&] { received.take(1 << 20); });
  connection.end();
  received.take_rest();
  require_same(received.bytes, bytes, name_of(source));
}

template <class T, Source kSource>
void check_without_blocking() {
  if constexpr (kSource == Source::kFile ? !kSendsFiles<T> : !kSendsMemory<T>) {
    absent("claims no %s", name_of(kSource));
  } else {
    send_without_blocking<T>(kSource, 3'000'000, {}, 300'000, false);
    send_without_blocking<T>(kSource, 300'001, kSmall, 5'000, false);
    send_without_blocking<T>(kSource, 150'001, kSmall, 1'000, false);
  }
}

template <class T>
void check_exact_counts() {
  if constexpr (!kSends<T>)
    absent("claims no sending");
  else
    for_each_source<T>([](Source source) {
      send_without_blocking<T>(source, 400'001, kSmall, 0, true);
      send_without_blocking<T>(source, 2'000'000, {}, 0, true);
    });
}

// A full socket says so at once: what asks it again and again until it is not full is a loop that burns.
template <class T>
void check_full_socket() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(8'000'000, seed());
      const TemporaryFile file{Span(bytes)};
      Opened<T> transfer;
      Connection connection(false, kSmall);
      std::uint64_t done = 0;
      // The kernel may still be moving bytes from one end to the other: a few attempts find some room.
      for (int attempt = 0, without = 0; without < 3; ++attempt) {
        require(attempt < 1000, "%s always finds room, after %llu bytes that nobody reads", name_of(source),
                ull(done));
        system_calls::reset_counts();
        const IoResult result =
            send_part(transfer.subject, source, connection.sender(), file, bytes, done, bytes.size() - done);
        require(result.error == EAGAIN, "%s to a peer that does not read: %s", name_of(source),
                strerror(result.error));
        done += result.bytes;
        if (result.bytes > 0) continue;
        ++without;
        require(system_calls::counts().all_calls() <= 24, "%s made %llu calls to find no room",
                name_of(source), ull(system_calls::counts().all_calls()));
      }
    });
  }
}

// A call that does less than it was asked to, of which there are many reasons, is followed by one for the
// rest.
template <class T>
void send_with_limit(std::uint64_t most, std::size_t length, system_calls::Set kinds) {
  const Bytes bytes = make_bytes(length, seed() + 4);
  const TemporaryFile file{Span(bytes)};
  Opened<T> transfer;
  const system_calls::Faults faults(
      {.act = system_calls::Act::kLimit, .kinds = kinds, .for_good = true, .most = most});
  for_each_source<T>([&](Source source) {
    Connection connection;
    Peer peer(connection);
    const IoResult result = send_part(transfer.subject, source, connection.sender(), file, bytes, 0, length);
    require(result == IoResult{length, 0}, "%s of %zu bytes, at most %llu a call: %llu and %s",
            name_of(source), length, ull(most), ull(result.bytes), strerror(result.error));
    finish(transfer.subject, connection);
    connection.end();
    require_same(peer.bytes(), bytes, name_of(source));
  });
  if constexpr (kCopiesFiles<T>) {
    const TemporaryFile target;
    const IoResult result = watched([&] { return transfer->copy(file.get(), 0, target.get(), 0, length); });
    require(result == IoResult{length, 0}, "copy() of %zu bytes, at most %llu a call: %llu and %s", length,
            ull(most), ull(result.bytes), strerror(result.error));
    require_same(target.read(0, length + 1), bytes, "copy()");
  }
}

template <class T>
void check_short_counts() {
  constexpr system_calls::Set kAny = system_calls::kMoving | system_calls::set_of(SystemCall::kRingOperation);
  for (const system_calls::Set kinds : {kAny, kAny & ~system_calls::kReading}) {
    send_with_limit<T>(1, 300, kinds);
    send_with_limit<T>(7, 3'000, kinds);
    send_with_limit<T>(1'000, 30'000, kinds);
    send_with_limit<T>(4'096, 30'000, kinds);
  }
}

// Signals while the sender waits for room, with a handler and without SA_RESTART. The peer sends one before
// it reads some; wherever they arrive, nobody may notice.
template <class T>
void check_signals() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    struct sigaction handler {};
    handler.sa_handler = [](int) {};
    sigaction(SIGUSR1, &handler, nullptr);
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(600'000, seed() + 5);
      const TemporaryFile file{Span(bytes)};
      Opened<T> transfer;
      Connection connection(true, kSmall);
      const pthread_t sender = pthread_self();
      std::atomic<bool> sending{true};
      Bytes got;
      std::thread peer([&, socket = connection.receiver()] {
        Bytes part(10'000);
        for (ssize_t n = 1; n != 0;) {
          // Relaxed: a signal that comes late harms nobody.
          if (sending.load(std::memory_order_relaxed)) pthread_kill(sender, SIGUSR1);
          const timespec moment{0, 50'000};
          nanosleep(&moment, nullptr);
          n = recv(socket, part.data(), part.size(), 0);
          if (n > 0) got.insert(got.end(), part.begin(), part.begin() + n);
          if (n < 0) break;
        }
      });
      const IoResult result =
          send_part(transfer.subject, source, connection.sender(), file, bytes, 0, bytes.size());
      finish(transfer.subject, connection);
      sending.store(false, std::memory_order_relaxed);
      connection.end();
      peer.join();
      require(result == IoResult{bytes.size(), 0}, "%s of %zu bytes under signals: %llu and %s",
              name_of(source), bytes.size(), ull(result.bytes), strerror(result.error));
      require_same(got, bytes, name_of(source));
    });
  }
}

template <class T>
struct NonblockingClauses {
  Clause files{"TR-07", ClauseClass::kViolation, "Assay contract Z-01",
               "Over a socket that does not block a file arrives whole when it is continued after EAGAIN",
               &check_without_blocking<T, Source::kFile>};
  Clause memory{"TR-08", ClauseClass::kViolation, "Assay contract Z-01",
                "Over a socket that does not block memory arrives whole when it is continued after EAGAIN",
                &check_without_blocking<T, Source::kMemory>};
  Clause exact{"TR-09", ClauseClass::kViolation, "Assay contract Z-02",
               "With EAGAIN come the bytes that were accepted, no more and no less", &check_exact_counts<T>};
  Clause full{"TR-10", ClauseClass::kViolation, "zerocopy/transfer_concept.h: EAGAIN",
              "A socket without room is left after a few calls", &check_full_socket<T>};
  Clause counts{"TR-11", ClauseClass::kViolation, "Assay contract Z-01",
                "Calls that do less than they were asked to are followed by calls for the rest",
                &check_short_counts<T>};
  Clause signals{"TR-12", ClauseClass::kViolation, "signal(7): Interruption of system calls",
                 "Signals that interrupt a transfer change nothing", &check_signals<T>};
};

}  // namespace assay::suite::transfer
