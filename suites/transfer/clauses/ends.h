// Sources that end and grow, peers that go, descriptors that are none: TR-13 to TR-18.
#pragma once

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

// A subject that asks for ever is stopped by this many calls, of which all that follow fail.
constexpr system_calls::Fault kNoSpin{
    .act = system_calls::Act::kFail, .error = EIO, .after = 3'000, .for_good = true};

inline void require_ended(const char* what, const IoResult& result, std::uint64_t there) {
  require(result.error == kSourceEnded, "%s of a range beyond the end says %s%s", what,
          strerror(result.error), result.error == EIO ? ", after 3,000 calls" : "");
  require(result.bytes == there, "%s moved %llu bytes of a file that has %llu there", what, ull(result.bytes),
          ull(there));
}

template <class T>
void check_short_sources() {
  if constexpr (!kSendsFiles<T> && !kCopiesFiles<T>) {
    absent("claims neither send_file() nor copy()");
  } else {
    struct Range {
      std::size_t size;
      std::uint64_t offset, length;
    };
    for (const Range& range :
         {Range{0, 0, 1}, Range{0, 10, 100'000}, Range{100, 0, 101}, Range{4096, 0, 8192},
          Range{100'000, 50'000, 200'000}, Range{100'000, 100'000, 1}, Range{100'000, 250'000, 70'000},
          Range{65'536, 0, 1'000'000}}) {
      const Bytes bytes = make_bytes(range.size, seed() + range.size);
      const TemporaryFile file{Span(bytes)};
      const std::size_t begin = std::min(range.size, static_cast<std::size_t>(range.offset));
      const Span there = Span(bytes).subspan(begin);
      Opened<T> transfer;
      const system_calls::Faults faults(kNoSpin);
      if constexpr (kSendsFiles<T>) {
        Connection connection;
        Peer peer(connection);
        require_ended("send_file()",
                      send_part(transfer.subject, Source::kFile, connection.sender(), file, {}, range.offset,
                                range.length),
                      there.size());
        connection.end();
        require_same(peer.bytes(), there, "send_file() of a file that ends early");
      }
      if constexpr (kCopiesFiles<T>) {
        const TemporaryFile target;
        require_ended("copy()", watched([&] {
                        return transfer->copy(file.get(), range.offset, target.get(), 7, range.length);
                      }),
                      there.size());
        require_same(target.read(7, range.size + 1), there, "copy() of a file that ends early");
      }
    }
  }
}

// Bytes that are on their way refer to pages of the file for some: what lies behind its new end may have
// changed.
template <class T>
void check_truncation() {
  if constexpr (!kSendsFiles<T>) {
    absent("claims no send_file()");
  } else {
    const Bytes bytes = make_bytes(3'000'000, seed() + 6);
    const TemporaryFile file{Span(bytes)};
    Opened<T> transfer;
    Connection connection(false, {.send = 65'536, .receive = 16'384});
    Received received(connection);
    std::uint64_t size = bytes.size();
    const system_calls::Faults faults(kNoSpin);
    const IoResult result = drive(connection, received, bytes.size(), 40'000, false, [&](std::uint64_t done) {
      if (done > 300'000 && size == bytes.size()) file.resize(size = done + 123'457);
      return send_part(transfer.subject, Source::kFile, connection.sender(), file, bytes, done,
                       bytes.size() - done);
    });
    require(result.error == kSourceEnded, "send_file() of a file that was truncated meanwhile says %s%s",
            strerror(result.error), result.error == EIO ? ", after 3,000 calls" : "");
    require(result.bytes >= size, "%llu bytes were sent of a file truncated to %llu", ull(result.bytes),
            ull(size));
    connection.end();
    received.take_rest();
    require(received.bytes.size() == result.bytes, "%llu bytes are said to be sent, and %zu arrive",
            ull(result.bytes), received.bytes.size());
    const std::size_t sure = static_cast<std::size_t>(kAliases<T> ? size : result.bytes);
    require_same(Span(received.bytes).first(sure), Span(bytes).first(sure),
                 "a file that was truncated meanwhile");
  }
}

// What was promised to the peer is the range, not the file.
template <class T>
void check_growth() {
  if constexpr (!kSendsFiles<T>) {
    absent("claims no send_file()");
  } else {
    const Bytes bytes = make_bytes(400'000, seed() + 7);
    const TemporaryFile file{Span(bytes)};
    Opened<T> transfer;
    Connection connection(false, {.send = 16'384, .receive = 16'384});
    Received received(connection);
    const IoResult result = drive(connection, received, bytes.size(), 30'000, false, [&](std::uint64_t done) {
      file.write(file.size(), Span(bytes).first(50'000));
      return send_part(transfer.subject, Source::kFile, connection.sender(), file, bytes, done,
                       bytes.size() - done);
    });
    require(result == IoResult{bytes.size(), 0}, "send_file() of a file that grows: %llu and %s",
            ull(result.bytes), strerror(result.error));
    connection.end();
    received.take_rest();
    require_same(received.bytes, bytes, "a file that grows");
  }
}

inline void require_gone(const char* what, const IoResult& result) {
  require(result.error == EPIPE || result.error == ECONNRESET, "%s to a peer that has gone says %s", what,
          strerror(result.error));
}

inline bool sigpipe_is_pending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

// SIGPIPE would end the process, and may be nobody's to ignore or to leave pending.
template <class T>
void check_gone_peers() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(8'000'000, seed() + 8);
      const TemporaryFile file{Span(bytes)};
      struct sigaction before, after;
      sigset_t mask_before, mask_after;
      sigaction(SIGPIPE, nullptr, &before);
      pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
      for (const bool blocks : {true, false}) {
        Opened<T> transfer;
        Connection connection(blocks);
        connection.reset_by_peer();
        const auto send = [&] {
          return send_part(transfer.subject, source, connection.sender(), file, bytes, 0, 100'000);
        };
        require_gone(name_of(source), send());
        require_gone(name_of(source), send());  // the first has taken the error that the reset has left
      }
      for (const Peer::Leaves leaves : {Peer::Leaves::kCloses, Peer::Leaves::kResets}) {
        Opened<T> transfer;
        Connection connection(true, {.receive = 16'384});
        IoResult result;
        Span taken;
        Peer peer(connection, Pace::kWhole, leaves, 200'000);
        result = send_part(transfer.subject, source, connection.sender(), file, bytes, 0, bytes.size());
        require_gone(name_of(source), result);
        taken = peer.bytes();
        require(result.bytes >= taken.size() && result.bytes < bytes.size(),
                "%llu of %zu bytes are said to be sent to a peer that left after %zu", ull(result.bytes),
                bytes.size(), taken.size());
        require_same(taken, Span(bytes).first(taken.size()), "what the peer took before it left");
      }
      require(!sigpipe_is_pending(), "SIGPIPE is left pending");
      sigaction(SIGPIPE, nullptr, &after);
      pthread_sigmask(SIG_SETMASK, nullptr, &mask_after);
      require(after.sa_handler == before.sa_handler, "the disposition of SIGPIPE was changed");
      require(sigismember(&mask_after, SIGPIPE) == sigismember(&mask_before, SIGPIPE),
              "SIGPIPE was blocked or unblocked for good");
    });
  }
}

template <class T>
void check_nothing() {
  const Bytes bytes = make_bytes(1000, seed());
  const TemporaryFile file{Span(bytes)}, target{Span(bytes)};
  Opened<T> transfer;
  if constexpr (kSends<T>) {
    Connection connection(false);
    Received received(connection);
    for_each_source<T>([&](Source source) {
      for (const std::uint64_t offset : {0u, 500u, 1000u})
        require(
            send_part(transfer.subject, source, connection.sender(), file, bytes, offset, 0) == IoResult{},
            "%s of nothing at %llu is not done", name_of(source), ull(offset));
    });
    if constexpr (kSendsMemory<T>)
      require(transfer->send(connection.sender(), {}) == IoResult{}, "send() of an empty span is not done");
    connection.end();
    received.take_rest();
    require(received.bytes.empty(), "nothing was sent, and %zu bytes arrive", received.bytes.size());
  }
  if constexpr (kCopiesFiles<T>) {
    require(watched([&] { return transfer->copy(file.get(), 10, target.get(), 20, 0); }) == IoResult{},
            "copy() of nothing is not done");
    require_same(target.read(0, 2000), bytes, "the target of a copy() of nothing");
  }
}

// An error with nothing done, and none of it a signal, a crash or a loop.
template <class T>
void check_bad_descriptors() {
  const auto refused = [](const char* what, const IoResult& result) {
    require(result.error != 0 && result.error != EAGAIN && result.error != EINTR && result.bytes == 0,
            "%s: %llu bytes and %s", what, ull(result.bytes),
            result.error == 0 ? "no error" : strerror(result.error));
  };
  const Bytes bytes = make_bytes(20'000, seed());
  const TemporaryFile file{Span(bytes)};
  Opened<T> transfer;
  const system_calls::Faults faults(kNoSpin);
  Connection connection;
  Peer peer(connection);
  const int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int closed = fcntl(folder, F_DUPFD_CLOEXEC, 500);  // a number that nobody else gets
  close(closed);
  const int write_only = open(file.path(), O_WRONLY | O_CLOEXEC),
            read_only = open(file.path(), O_RDONLY | O_CLOEXEC);
  const int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for_each_source<T>([&](Source source) {
    for (const int socket : {-1, closed, unconnected})
      refused("a socket that is none, or not connected",
              send_part(transfer.subject, source, socket, file, bytes, 0, bytes.size()));
  });
  for (const int from : {-1, closed, folder, write_only}) {
    if constexpr (kSendsFiles<T>)
      refused("send_file() from what cannot be read",
              watched([&] { return transfer->send_file(connection.sender(), from, 0, 5000); }));
    if constexpr (kCopiesFiles<T>)
      refused("copy() from what cannot be read",
              watched([&] { return transfer->copy(from, 0, file.get(), 0, 5000); }));
  }
  if constexpr (kCopiesFiles<T>)
    for (const int to : {-1, closed, read_only})
      refused("copy() to what cannot be written",
              watched([&] { return transfer->copy(file.get(), 0, to, 0, 5000); }));
  // And it works afterwards.
  for_each_source<T>([&](Source source) {
    const IoResult result =
        send_part(transfer.subject, source, connection.sender(), file, bytes, 0, bytes.size());
    require(result == IoResult{bytes.size(), 0}, "%s after refused ones: %llu and %s", name_of(source),
            ull(result.bytes), strerror(result.error));
  });
  finish(transfer.subject, connection);
  connection.end();
  const std::size_t sources = (kSendsFiles<T> ? 1 : 0) + (kSendsMemory<T> ? 1 : 0);
  require(peer.bytes().size() == sources * bytes.size(), "%zu bytes arrive after refused calls",
          peer.bytes().size());
  for (const int descriptor : {folder, write_only, read_only, unconnected}) close(descriptor);
}

template <class T>
struct EndClauses {
  Clause short_sources{
      "TR-13", ClauseClass::kViolation, "Assay contract Z-03",
      "A range beyond the end of its file is sent as far as it goes, and ENODATA without a spin",
      &check_short_sources<T>};
  Clause truncation{"TR-14", ClauseClass::kViolation, "Assay contract Z-03",
                    "A file that is truncated while it is sent ends with ENODATA, without a spin",
                    &check_truncation<T>};
  Clause growth{"TR-15", ClauseClass::kViolation, "zerocopy/transfer_concept.h: send_file",
                "Of a file that grows while it is sent no more goes than was asked for", &check_growth<T>};
  Clause gone{"TR-16", ClauseClass::kViolation, "send(2): EPIPE, ECONNRESET",
              "A peer that has gone is EPIPE or ECONNRESET, and SIGPIPE is as if nothing had been",
              &check_gone_peers<T>};
  Clause nothing{"TR-17", ClauseClass::kViolation, "zerocopy/transfer_concept.h: send_file, send, copy",
                 "Nothing to move is done at once, and moves nothing", &check_nothing<T>};
  Clause descriptors{"TR-18", ClauseClass::kViolation, "sendfile(2): EBADF, EINVAL",
                     "Descriptors that cannot be sent from, or to, are an error, and harm nothing after it",
                     &check_bad_descriptors<T>};
};

}  // namespace assay::suite::transfer
