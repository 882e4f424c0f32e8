// Who still refers to the source when a call has returned: TR-19 to TR-23. The oracle overwrites the source
// while bytes are on their way and counts the new ones that the peer gets: with a small buffer at the
// receiver's end most of them are in the sender's queue, as copies, or as references to the pages that were
// just overwritten.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

constexpr std::byte kOld{0x11}, kNew{0xee};
constexpr std::size_t kOracle = 512 * 1024;

// A mapping of its own, so that nothing else is on the pages that are sent and overwritten.
class SourcePages {
 public:
  SourcePages()
      : pages_(static_cast<std::byte*>(
            mmap(nullptr, kOracle, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (pages_ == MAP_FAILED) skipped("no memory to send: %s", strerror(errno));
    fill(kOld);
  }
  ~SourcePages() { unmap(); }
  SourcePages(const SourcePages&) = delete;
  SourcePages& operator=(const SourcePages&) = delete;

  Span bytes() const { return {pages_, kOracle}; }
  void fill(std::byte value) { std::fill_n(pages_, kOracle, value); }
  void unmap() {
    if (pages_ != nullptr) munmap(pages_, kOracle);
    pages_ = nullptr;
  }

 private:
  std::byte* pages_;
};

// Both have kOld all over until overwrite().
struct Oracle {
  explicit Oracle(Source source_) : source(source_), file(pages.bytes()) {}
  void overwrite() {
    pages.fill(kNew);
    if (source == Source::kFile) file.write(0, pages.bytes());
  }

  Source source;
  SourcePages pages;
  TemporaryFile file;
};

inline std::size_t count_new(const Bytes& bytes) {
  for (const std::byte byte : bytes)
    if (byte != kOld && byte != kNew) violated("a byte arrives that was never in the source");
  return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), kNew));
}

// How many new bytes arrive of those that were accepted before the source was overwritten.
template <class T>
std::size_t overwritten_in_flight(T& subject, Source source) {
  Oracle oracle(source);
  Connection connection(false, {.receive = 8192});
  Received received(connection);
  const IoResult result =
      send_part(subject, source, connection.sender(), oracle.file, oracle.pages.bytes(), 0, kOracle);
  require(result.ok() || result.error == EAGAIN, "%s of %zu bytes: %s", name_of(source), kOracle,
          strerror(result.error));
  require(result.bytes > 0, "%s of %zu bytes to a peer that reads nothing yet: none is accepted",
          name_of(source), kOracle);
  oracle.overwrite();
  received.take_all(result.bytes);
  finish(subject, connection, [&] { received.take(1 << 20); });
  return count_new(received.bytes);
}

template <class T>
void check_copies() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else if constexpr (kAliases<T>) {
    absent("claims that it may refer to the source");
  } else {
    for_each_source<T>([](Source source) {
      Opened<T> transfer;
      const std::size_t new_bytes = overwritten_in_flight(transfer.subject, source);
      require(new_bytes == 0, "%zu bytes arrive that were written after %s had returned", new_bytes,
              name_of(source));
    });
  }
}

// A kernel may copy after all. It says so of memory; of files it does not, so nothing but the oracle can
// tell.
template <class T>
void check_aliases() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else if constexpr (!kAliases<T>) {
    absent("claims no sending without a copy");
  } else {
    for_each_source<T>([](Source source) {
      Opened<T> transfer;
      const std::size_t new_bytes = overwritten_in_flight(transfer.subject, source);
      note("%s: %zu bytes of up to %zu were overwritten on their way, %llu the kernel says it copied",
           name_of(source), new_bytes, kOracle, ull(transfer->record().kernel_copied));
      require(new_bytes > 0 || transfer->record().kernel_copied > 0,
              "%s claims to make no copy: no byte shows what was written afterwards, and none is reported as "
              "copied",
              name_of(source));
    });
  }
}

// Memory may be overwritten, and unmapped, as soon as finish() says 0.
template <class T>
void check_finish() {
  if constexpr (!kSendsMemory<T>) {
    absent("claims no send()");
  } else {
    for (const std::size_t pieces : {1u, 5u}) {
      Oracle oracle(Source::kMemory);
      Opened<T> transfer;
      Connection connection(false, {.receive = 8192});
      Received received(connection);
      std::uint64_t accepted = 0;
      for (std::size_t piece = 0; piece < pieces; ++piece) {
        const std::uint64_t end = kOracle * (piece + 1) / pieces;
        const IoResult result = send_part(transfer.subject, Source::kMemory, connection.sender(), oracle.file,
                                          oracle.pages.bytes(), accepted, end - accepted);
        accepted += result.bytes;
        if (!result.ok()) break;
      }
      require(accepted > 0, "send() to a peer that reads nothing yet: no byte is accepted");
      finish(transfer.subject, connection, [&] { received.take(3'000); });
      oracle.overwrite();
      received.take_all(accepted);
      const std::size_t new_bytes = count_new(received.bytes);
      require(new_bytes == 0, "%zu bytes arrive that were written after finish() had said 0", new_bytes);
    }
  }
}

template <class T>
void check_blocking_finish() {
  if constexpr (!kSendsMemory<T>) {
    absent("claims no send()");
  } else {
    Oracle oracle(Source::kMemory);
    Opened<T> transfer;
    Connection connection(true, {.receive = 8192});
    Peer peer(connection, Pace::kStalls);
    for (int part = 0; part < 4; ++part) {
      const IoResult result = send_part(transfer.subject, Source::kMemory, connection.sender(), oracle.file,
                                        oracle.pages.bytes(), 0, kOracle / 4);
      require(result == IoResult{kOracle / 4, 0}, "send() of %zu bytes: %llu and %s", kOracle / 4,
              ull(result.bytes), strerror(result.error));
    }
    finish(transfer.subject, connection);
    oracle.overwrite();
    oracle.pages.unmap();
    connection.end();
    const std::size_t new_bytes = count_new(peer.bytes());
    require(new_bytes == 0, "%zu bytes arrive that were written after finish() had said 0", new_bytes);
    require(peer.bytes().size() == kOracle, "%zu bytes arrive of %zu", peer.bytes().size(), kOracle);
  }
}

// There is nothing to wait for: before anything was sent, and again after it was said.
template <class T>
void check_idle_finish() {
  Opened<T> transfer;
  for (const bool blocks : {true, false}) {
    Connection connection(blocks);
    const auto says_done = [&](const char* when) {
      const IoResult result = watched([&] { return transfer->finish(connection.sender()); });
      require(result.error == 0, "finish() %s says %s", when, strerror(result.error));
    };
    says_done("before anything was sent");
    const Bytes bytes = make_bytes(100'000, seed());
    const TemporaryFile file{Span(bytes)};
    Received received(connection);
    for_each_source<T>([&](Source source) {
      const IoResult result = send_part(transfer.subject, source, connection.sender(), file, bytes, 0, 1000);
      require(result.ok(), "%s of 1,000 bytes: %s", name_of(source), strerror(result.error));
      received.take_all(received.bytes.size() + 1000);
      finish(transfer.subject, connection);
      says_done("for the second time");
      says_done("for the third time");
    });
  }
}

template <class T>
struct AliasingClauses {
  Clause copies{
      "TR-19", ClauseClass::kViolation, "Assay contract Z-06",
      "One that claims to copy has a copy when it returns: later writes to the source arrive nowhere",
      &check_copies<T>};
  Clause aliases{"TR-20", ClauseClass::kViolation, "Assay contract Z-06",
                 "One that claims to make no copy makes none, or reports those that the kernel made",
                 &check_aliases<T>};
  Clause finished{
      "TR-21", ClauseClass::kViolation, "Assay contract Z-07",
      "Without blocking, memory is the caller's again once finish() says 0, and not before it says so",
      &check_finish<T>};
  Clause blocking{"TR-22", ClauseClass::kViolation, "Assay contract Z-07",
                  "Of a socket that blocks, finish() waits until memory may be overwritten and unmapped",
                  &check_blocking_finish<T>};
  Clause idle{"TR-23", ClauseClass::kViolation, "zerocopy/transfer_concept.h: finish",
              "With nothing outstanding finish() says 0 at once, any number of times", &check_idle_finish<T>};
};

}  // namespace assay::suite::transfer
