// What the clauses of transfers do with their subject: open it, or say why it cannot be; and drive it over a
// socket that does not block.
#pragma once

#include <errno.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "suites/core/clause.h"
#include "suites/core/system_calls.h"
#include "suites/core/temporary_file.h"
#include "suites/transfer/peer.h"
#include "zerocopy/transfer_concept.h"

namespace assay::suite::transfer {

using Span = std::span<const std::byte>;

template <class T>
constexpr bool kSendsFiles = T::kTraits.sends_files;
template <class T>
constexpr bool kSendsMemory = T::kTraits.sends_memory;
template <class T>
constexpr bool kCopiesFiles = T::kTraits.copies_files;
template <class T>
constexpr bool kSends = kSendsFiles<T> || kSendsMemory<T>;
template <class T>
constexpr bool kAliases = T::kTraits.aliases;

template <class T>
void require_available() {
  const Availability availability = T::available();
  if (!availability.ok()) skipped("%s: %s", availability.needs, strerror(availability.error));
}

// Open, and watched from then on (suites/core/system_calls.h) wherever it is called through `call`.
template <class T>
struct Opened {
  Opened() {
    require_available<T>();
    open();
  }
  void open() {
    const int error = subject.open();
    require(error == 0, "available() promised it, and open() says %s", strerror(error));
  }
  T* operator->() { return &subject; }
  T subject;
};

// Only what the subject does is counted, and meets with faults.
template <class Call>
auto watched(const Call& call) {
  const system_calls::Watched watching;
  return call();
}

inline unsigned long long ull(std::uint64_t n) { return n; }

// Sends `part` of `file`, or of memory, which has the same bytes.
enum class Source { kFile, kMemory };

template <class T>
IoResult send_part(T& subject, Source source, int socket, const TemporaryFile& file, Span bytes,
                   std::uint64_t offset, std::uint64_t length) {
  return watched([&] {
    if constexpr (kSendsFiles<T>)
      if (source == Source::kFile) return subject.send_file(socket, file.get(), offset, length);
    if constexpr (kSendsMemory<T>)
      if (source == Source::kMemory)
        return subject.send(
            socket, bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
    return IoResult{};
  });
}

// Calls body(source) for what the subject can send from.
template <class T, class Body>
void for_each_source(const Body& body) {
  if constexpr (kSendsFiles<T>) body(Source::kFile);
  if constexpr (kSendsMemory<T>) body(Source::kMemory);
}

inline const char* name_of(Source source) { return source == Source::kFile ? "send_file()" : "send()"; }

// What the subject's finish() says at last, which is not EAGAIN. `meanwhile()` is what the peer does between
// two attempts.
template <class T, class Meanwhile>
IoResult finished(T& subject, const Connection& connection, const Meanwhile& meanwhile) {
  for (int in_vain = 0; in_vain < kPatience;) {
    const bool is_delivered = connection.is_delivered();
    const IoResult result = watched([&] { return subject.finish(connection.sender()); });
    if (result.error != EAGAIN) return result;
    meanwhile();
    if (in_vain > 0) give_way();
    in_vain = is_delivered ? in_vain + 1 : 0;
    wait_for_errors(connection.sender());
  }
  violated("finish() says EAGAIN for ever, though the peer has all");
}

// The same where it has to be 0.
template <class T, class Meanwhile>
void finish(T& subject, const Connection& connection, const Meanwhile& meanwhile) {
  const IoResult result = finished(subject, connection, [&] {
    require(!connection.blocks(), "finish() of a socket that blocks says EAGAIN");
    meanwhile();
  });
  require(result.ok(), "finish() says %s", strerror(result.error));
}

template <class T>
void finish(T& subject, const Connection& connection) {
  finish(subject, connection, [] {});
}

// `step(done)` sends what lies behind the first `done` of `length` bytes over a socket that does not block;
// whenever it says EAGAIN the peer takes up to `bite` bytes, and with `exactly` waits for all that were said
// to be accepted. Returns the last result, with the bytes of all.
template <class Step>
IoResult drive(const Connection& connection, Received& received, std::uint64_t length, std::size_t bite,
               bool exactly, const Step& step) {
  IoResult total;
  const std::uint64_t before = received.bytes.size();
  for (int in_vain = 0; in_vain < kPatience;) {
    const bool is_free = connection.is_delivered() && is_writable(connection.sender());
    const IoResult result = step(total.bytes);
    require(result.bytes <= length - total.bytes, "%llu of %llu bytes are said to be sent",
            ull(total.bytes + result.bytes), ull(length));
    total.bytes += result.bytes;
    total.error = result.error;
    if (result.ok() && total.bytes < length)
      violated("no error, and %llu of %llu bytes", ull(total.bytes), ull(length));
    if (result.error != EAGAIN) return total;
    if (in_vain > 0) give_way();
    in_vain = is_free && result.bytes == 0 ? in_vain + 1 : 0;
    if (exactly) {
      received.take_all(before + total.bytes);
      require(received.extra() == 0, "%llu bytes are said to be accepted, and more arrive", ull(total.bytes));
    }
    // The peer reads on until there is room, as nobody calls again before.
    std::size_t taken = 0;
    do {
      taken = received.take(bite);
    } while (taken > 0 && !is_writable(connection.sender()));
    if (taken == 0) wait_until_writable(connection.sender());
  }
  violated("EAGAIN for ever, after %llu of %llu bytes", ull(total.bytes), ull(length));
}

}  // namespace assay::suite::transfer
