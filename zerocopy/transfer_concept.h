// What a transfer claims and owes: bytes of a file, or of memory, go to a socket or to another file.
//
//   class MyTransfer {
//     static constexpr assay::TransferTraits kTraits{...};
//     static assay::Availability available() noexcept;        // on this kernel, by trying
//     int open() noexcept;                                    // 0, or an errno value: pipes, rings, …
//     void close() noexcept;                                  // idempotent
//     assay::IoResult send_file(int socket, int file, std::uint64_t offset, std::uint64_t length) noexcept;
//     assay::IoResult send(int socket, std::span<const std::byte> bytes) noexcept;
//     assay::IoResult copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
//                          std::uint64_t length) noexcept;
//     assay::IoResult finish(int socket) noexcept;            // sources may be changed and freed after it
//     const assay::TransferRecord& record() const noexcept;   // since open()
//   };
//   static_assert(assay::Transfer<MyTransfer>);
//
// A transfer loops until all is done: it stops early at an error only, with what was done counted. EINTR is
// never seen. A blocking socket blocks; of one that does not, the result is EAGAIN with the bytes that were
// accepted, and the caller waits until it is writable and calls again with offset + bytes (or the rest of the
// memory): bytes that the transfer had already taken from the file go first, and no byte goes twice. A file
// that ends early is kSourceEnded; it does not spin. A peer that has gone is EPIPE or ECONNRESET, and no
// signal. Lengths and offsets beyond 4 GiB are as good as small ones. File offsets of the descriptors
// themselves do not move.
//
// The source: a transfer that copies has a copy when it returns. One that does not (traits.aliases) refers to
// the pages of the source until the peer has them: who changes these changes what is received, until
// finish() says 0. finish() of a socket that does not block may say EAGAIN: wait until it is readable or has
// an error queue (POLLERR), or a while where the kernel tells nobody (io_uring), and ask again. With memory
// as the source a transfer that aliases must have a finish() that knows; with a file as the source nobody
// does, and finish() is only about memory.
//
// copy() to a file: holes of the source may become zeros, the end of the range is written whatever it is.
//
// Not thread-safe; moves only. Descriptors and rings end with the transfer, on every path. A transfer serves
// one socket at a time: what another socket is still owed, close() drops.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "zerocopy/availability.h"
#include "zerocopy/io_result.h"

namespace assay {

struct TransferTraits {
  bool sends_files = false;   // send_file()
  bool sends_memory = false;  // send()
  bool copies_files = false;  // copy()
  bool aliases = false;       // no copy is made where the kernel can do without one; see above
};

// Counted by the transfer itself, so that who chooses one can check a claim on the own machine.
struct TransferRecord {
  std::uint64_t bytes = 0;        // delivered
  std::uint64_t user_copied = 0;  // of them, how many passed through a buffer of the transfer's in user space
  std::uint64_t kernel_copied = 0;  // of those that were to go without a copy: the kernel said that it copied
  std::uint64_t calls = 0;          // to the kernel
};

template <class T>
concept TransferCore = std::default_initializable<T> && std::movable<T> && !std::copyable<T> &&
                       requires(T transfer, const T constant, int socket) {
  { T::kTraits } -> std::convertible_to<const TransferTraits&>;
  { T::available() }
  noexcept->std::same_as<Availability>;
  { transfer.open() }
  noexcept->std::same_as<int>;
  { transfer.close() }
  noexcept;
  { transfer.finish(socket) }
  noexcept->std::same_as<IoResult>;
  { constant.record() }
  noexcept->std::same_as<const TransferRecord&>;
};

template <class T>
concept SendsFiles = requires(T transfer, int descriptor, std::uint64_t position) {
  { transfer.send_file(descriptor, descriptor, position, position) }
  noexcept->std::same_as<IoResult>;
};
template <class T>
concept SendsMemory = requires(T transfer, int socket, std::span<const std::byte> bytes) {
  { transfer.send(socket, bytes) }
  noexcept->std::same_as<IoResult>;
};
template <class T>
concept CopiesFiles = requires(T transfer, int descriptor, std::uint64_t position) {
  { transfer.copy(descriptor, position, descriptor, position, position) }
  noexcept->std::same_as<IoResult>;
};

template <class T>
concept Transfer = TransferCore<T> &&
    (!T::kTraits.sends_files || SendsFiles<T>)&&(!T::kTraits.sends_memory ||
                                                 SendsMemory<T>)&&(!T::kTraits.copies_files ||
                                                                   CopiesFiles<T>);

}  // namespace assay
