// All bytes, in order, once: TR-01 to TR-06.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

// Around buffers, pages, pipes, and where messages begin to be treated otherwise.
constexpr std::size_t kLengths[] = {1,     2,     511,   4095,  4096,   4097,   8191,   8192,    8193,
                                    16383, 65535, 65536, 65537, 131073, 200000, 262145, 1 << 20, 1'300'001};

template <class T>
void check_paces(Source source) {
  for (const Pace pace : kPaces) {
    const std::size_t length = pace == Pace::kByteByByte ? 20'000 : 700'001;
    const Bytes bytes = make_bytes(length, seed());
    const TemporaryFile file{Span(bytes)};
    Opened<T> transfer;
    Connection connection(true, {.receive = pace == Pace::kWhole ? 0 : 8192});
    Peer peer(connection, pace);
    const IoResult result = send_part(transfer.subject, source, connection.sender(), file, bytes, 0, length);
    require(result == IoResult{length, 0}, "%s of %zu bytes: %llu and %s", name_of(source), length,
            ull(result.bytes), strerror(result.error));
    finish(transfer.subject, connection);
    connection.end();
    require_same(peer.bytes(), bytes, name_of(source));
  }
}

template <class T>
void check_file_paces() {
  if constexpr (!kSendsFiles<T>)
    absent("claims no send_file()");
  else
    check_paces<T>(Source::kFile);
}

template <class T>
void check_memory_paces() {
  if constexpr (!kSendsMemory<T>)
    absent("claims no send()");
  else
    check_paces<T>(Source::kMemory);
}

// One after another over one connection, so that nothing of a part may be left for the next.
template <class T>
void check_ranges() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(1'500'000, seed() + 1);
      const TemporaryFile file{Span(bytes)};
      Opened<T> transfer;
      Connection connection;
      Peer peer(connection);
      Bytes expected;
      const auto part = [&](std::size_t offset, std::size_t length) {
        const IoResult result =
            send_part(transfer.subject, source, connection.sender(), file, bytes, offset, length);
        require(result == IoResult{length, 0}, "%s of [%zu, %zu): %llu and %s", name_of(source), offset,
                offset + length, ull(result.bytes), strerror(result.error));
        expected.insert(expected.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                        bytes.begin() + static_cast<std::ptrdiff_t>(offset + length));
      };
      for (const std::size_t length : kLengths) part(0, length);
      for (const std::size_t offset : {1u, 511u, 4095u, 4096u, 65535u, 65537u, 1'000'003u})
        part(offset, 70'001);
      part(1'499'999, 1);
      part(1'000'000, 500'000);
      finish(transfer.subject, connection);
      connection.end();
      require_same(peer.bytes(), expected, "ranges one after another");
    });
  }
}

// A file descriptor's own position is its owner's: another part of the program may be reading there.
template <class T>
void check_positions() {
  if constexpr (!kSendsFiles<T> && !kCopiesFiles<T>) {
    absent("claims neither send_file() nor copy()");
  } else {
    const Bytes bytes = make_bytes(300'000, seed() + 2);
    const TemporaryFile file{Span(bytes)}, target{Span(bytes)};
    Opened<T> transfer;
    for (const off_t position : {0, 77, 299'999}) {
      lseek(file.get(), position, SEEK_SET);
      lseek(target.get(), position + 1, SEEK_SET);
      if constexpr (kSendsFiles<T>) {
        Connection connection;
        Peer peer(connection);
        send_part(transfer.subject, Source::kFile, connection.sender(), file, bytes, 1000, 200'000);
        connection.end();
        require(lseek(file.get(), 0, SEEK_CUR) == position,
                "send_file() moved the file's position from %lld to %lld", static_cast<long long>(position),
                static_cast<long long>(lseek(file.get(), 0, SEEK_CUR)));
      }
      if constexpr (kCopiesFiles<T>) {
        watched([&] { return transfer->copy(file.get(), 1000, target.get(), 2000, 200'000); });
        require(
            lseek(file.get(), 0, SEEK_CUR) == position && lseek(target.get(), 0, SEEK_CUR) == position + 1,
            "copy() moved a file's position");
      }
    }
  }
}

// Where an int, an unsigned or a long of 32 bits would end.
template <class T>
void check_far_offsets() {
  if constexpr (!kSendsFiles<T> && !kCopiesFiles<T>) {
    absent("claims neither send_file() nor copy()");
  } else {
    const Bytes bytes = make_bytes(100'000, seed() + 3);
    const TemporaryFile file, target;
    Opened<T> transfer;
    for (const std::uint64_t offset : {(std::uint64_t{1} << 31) - 50'000, (std::uint64_t{1} << 32) - 50'000,
                                       std::uint64_t{5'000'000'001}}) {
      file.write(offset, bytes);
      if constexpr (kSendsFiles<T>) {
        Connection connection;
        Peer peer(connection);
        const IoResult result =
            send_part(transfer.subject, Source::kFile, connection.sender(), file, {}, offset, bytes.size());
        require(result == IoResult{bytes.size(), 0}, "send_file() from %llu on: %llu and %s", ull(offset),
                ull(result.bytes), strerror(result.error));
        connection.end();
        require_same(peer.bytes(), bytes, "send_file() from a far offset");
      }
      if constexpr (kCopiesFiles<T>) {
        const IoResult result = watched(
            [&] { return transfer->copy(file.get(), offset, target.get(), offset + 5, bytes.size()); });
        require(result == IoResult{bytes.size(), 0}, "copy() to %llu: %llu and %s", ull(offset + 5),
                ull(result.bytes), strerror(result.error));
        require_same(target.read(offset + 5, bytes.size() + 9), bytes, "copy() to a far offset");
      }
    }
  }
}

// The calls pretend (suites/core/system_calls.h): no byte is moved, and every one is accounted for.
template <class T>
void expect_huge(const char* what, bool from_file, std::uint64_t offset, std::uint64_t length,
                 const IoResult& result) {
  const system_calls::Pretended& moved = system_calls::pretended();
  require(result == IoResult{length, 0}, "%s of %llu bytes: %llu and %s", what, ull(length),
          ull(result.bytes), strerror(result.error));
  require(moved.to_sinks == length, "%s of %llu bytes gave %llu", what, ull(length), ull(moved.to_sinks));
  if (!from_file || moved.from_files == 0) return;
  require(moved.from_files == length && moved.begin == offset && moved.gaps == 0,
          "%s of %llu bytes from %llu on took %llu from %llu on, with %llu gaps", what, ull(length),
          ull(offset), ull(moved.from_files), ull(moved.begin), ull(moved.gaps));
}

template <class T>
void check_huge_lengths() {
  constexpr std::uint64_t kOffset = 0x1'0000'0007, kLength = 0x8000'0000 + 0x1'0003;
  const TemporaryFile file, target;
  file.resize(kOffset + kLength);
  Opened<T> transfer;
  // Operations of a ring pretend only where the kernel can be told their result.
  system_calls::reset_counts();
  {
    Connection connection;
    Peer peer(connection);
    const Bytes bytes = make_bytes(1000, seed());
    for_each_source<T>([&](Source source) {
      send_part(transfer.subject, source, connection.sender(), file, bytes, 0, 1000);
    });
    if constexpr (kCopiesFiles<T>)
      watched([&] { return transfer->copy(file.get(), 0, target.get(), 0, 1000); });
    if constexpr (kSendsMemory<T>) finish(transfer.subject, connection);
    connection.end();
  }
  if (system_calls::counts().calls_of(SystemCall::kRingOperation) > 0 &&
      !system_calls::ring_operations_fail())
    skipped("this kernel's rings cannot pretend: needs Linux 6.9");
  const system_calls::Fault pretending{.act = system_calls::Act::kPretend,
                                       .kinds = (system_calls::kMoving & ~system_calls::kReceiving) |
                                                system_calls::set_of(SystemCall::kRingOperation),
                                       .for_good = true};
  Connection connection;
  if constexpr (kSendsFiles<T>) {
    const system_calls::Faults faults(pretending);
    const IoResult result =
        send_part(transfer.subject, Source::kFile, connection.sender(), file, {}, kOffset, kLength);
    expect_huge<T>("send_file()", true, kOffset, kLength, result);
  }
  if constexpr (kCopiesFiles<T>) {
    const system_calls::Faults faults(pretending);
    const IoResult result =
        watched([&] { return transfer->copy(file.get(), kOffset, target.get(), kOffset + 3, kLength); });
    expect_huge<T>("copy()", true, kOffset, kLength, result);
  }
  // Of what was not sent the kernel gives no notice: finish() of one that aliases could wait for ever.
  if constexpr (kSendsMemory<T> && !kAliases<T>) {
    void* const memory =
        mmap(nullptr, kLength, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) skipped("no %llu bytes of addresses: %s", ull(kLength), strerror(errno));
    const system_calls::Faults faults(pretending);
    const Span bytes(static_cast<const std::byte*>(memory), static_cast<std::size_t>(kLength));
    const IoResult result = watched([&] { return transfer->send(connection.sender(), bytes); });
    expect_huge<T>("send()", false, 0, kLength, result);
  }
}

template <class T>
struct ByteClauses {
  Clause files{"TR-01", ClauseClass::kViolation, "Assay contract Z-01",
               "A file arrives whole, in order and once, whatever the pace of the peer",
               &check_file_paces<T>};
  Clause memory{"TR-02", ClauseClass::kViolation, "Assay contract Z-01",
                "Memory arrives whole, in order and once, whatever the pace of the peer",
                &check_memory_paces<T>};
  Clause ranges{"TR-03", ClauseClass::kViolation, "zerocopy/transfer_concept.h: send_file, send",
                "Ranges of every length and alignment follow each other over one socket", &check_ranges<T>};
  Clause positions{"TR-04", ClauseClass::kViolation, "sendfile(2): offset",
                   "The positions of the descriptors themselves do not move", &check_positions<T>};
  Clause far{"TR-05", ClauseClass::kViolation, "Assay contract Z-04",
             "Offsets beyond 2 and 4 GiB are as good as small ones", &check_far_offsets<T>};
  Clause huge{"TR-06", ClauseClass::kViolation, "Assay contract Z-04",
              "Lengths above what the kernel moves by one call are moved by several", &check_huge_lengths<T>};
};

}  // namespace assay::suite::transfer
