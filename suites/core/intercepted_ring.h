// Rings whose memory and whose submissions go through replaced_calls.cc: part of system_calls.h.
#pragma once

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "suites/core/intercepted_call.h"

namespace assay::suite::intercepted {

// Of linux/io_uring.h since 6.9 and 6.6.
inline constexpr std::uint32_t kNopInjectsResult = 1, kSetupNoArray = 1u << 16;

inline Ring* ring_of(int file) {
  for (Ring& ring : state.rings)
    if (ring.file == file) return &ring;
  return nullptr;
}

inline void forget_ring(int file) {
  if (Ring* ring = file < 0 ? nullptr : ring_of(file); ring != nullptr) *ring = {};
}

inline void remember_ring(int file, const io_uring_params& parameters) {
  forget_ring(file);  // a ring that was closed where it is not seen: its number is this one's now
  Ring* ring = ring_of(-1);
  if (ring != nullptr) *ring = {file, parameters, nullptr, nullptr};
}

inline void remember_mapping(int file, off64_t offset, void* memory) {
  Ring* ring = file < 0 ? nullptr : ring_of(file);
  if (ring == nullptr || memory == MAP_FAILED) return;
  if (unsigned_of(offset) == IORING_OFF_SQ_RING) ring->queue = static_cast<char*>(memory);
  if (unsigned_of(offset) == IORING_OFF_SQES) ring->entries = static_cast<char*>(memory);
}

inline bool has_length(std::uint8_t operation) {
  switch (operation) {
    case IORING_OP_READ:
    case IORING_OP_WRITE:
    case IORING_OP_READ_FIXED:
    case IORING_OP_WRITE_FIXED:
    case IORING_OP_SEND:
    case IORING_OP_SEND_ZC:
    case IORING_OP_RECV:
    case IORING_OP_SPLICE:
      return true;
    default:
      return false;
  }
}

inline void becomes_nothing(io_uring_sqe& entry, std::int64_t result) {
  io_uring_sqe nothing{};
  nothing.opcode = IORING_OP_NOP;
  nothing.flags = entry.flags & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_IO_DRAIN | IOSQE_ASYNC);
  nothing.user_data = entry.user_data;
  nothing.rw_flags = static_cast<int>(kNopInjectsResult);
  nothing.len = static_cast<std::uint32_t>(static_cast<std::int32_t>(result));
  entry = nothing;
}

inline std::uint64_t pretend_operation(const io_uring_sqe& entry) {
  const std::uint64_t n = std::min<std::uint64_t>(entry.len, kMostByACall);
  switch (entry.opcode) {
    case IORING_OP_READ:
    case IORING_OP_READ_FIXED:
      return take_from_file(entry.off, n);
    case IORING_OP_SPLICE: {
      off64_t offset = static_cast<off64_t>(entry.splice_off_in);
      return pretend_splice(entry.splice_fd_in, offset == -1 ? nullptr : &offset, entry.fd, n);
    }
    default:
      return give_to_sink(n);
  }
}

// The next operations to be submitted, in the memory that the kernel is about to read.
inline void consult_operations(int file, unsigned count) {
  const Ring* ring = ring_of(file);
  if (ring == nullptr || ring->queue == nullptr || ring->entries == nullptr) return;
  const io_sqring_offsets& at = ring->parameters.sq_off;
  const auto word = [&](std::uint32_t offset) {
    return reinterpret_cast<std::uint32_t*>(ring->queue + offset);
  };
  // Relaxed: the kernel moves the head only for entries that this thread submits.
  const std::uint32_t head = std::atomic_ref(*word(at.head)).load(std::memory_order_relaxed);
  const std::uint32_t mask = *word(at.ring_mask);
  const bool listed = (ring->parameters.flags & kSetupNoArray) == 0;
  const std::size_t size = sizeof(io_uring_sqe)
                           << ((ring->parameters.flags & IORING_SETUP_SQE128) != 0 ? 1 : 0);
  for (unsigned i = 0; i < count; ++i) {
    const std::uint32_t place = (head + i) & mask;
    const std::uint32_t index = listed ? word(at.array)[place] & mask : place;
    io_uring_sqe& entry = *reinterpret_cast<io_uring_sqe*>(ring->entries + index * size);
    if (!has_length(entry.opcode)) continue;
    const Order order = consult(kRingOperation, entry.len);
    if (order.fails || order.ends)
      becomes_nothing(entry, order.fails ? -order.error : 0);
    else if (order.pretends)
      becomes_nothing(entry, static_cast<std::int64_t>(pretend_operation(entry)));
    else
      entry.len = static_cast<std::uint32_t>(order.limit(entry.len));
  }
}

inline long ring_setup(long entries, long parameters) {
  return passed<long>(kRingSetup, [&] {
    const long file = next().syscall(SYS_io_uring_setup, entries, parameters);
    if (file >= 0) remember_ring(static_cast<int>(file), *reinterpret_cast<io_uring_params*>(parameters));
    return file;
  });
}

inline long ring_enter(long file, long submit, long a, long b, long c, long d) {
  return passed<long>(kRingEnter, [&] {
    if (state.watched) consult_operations(static_cast<int>(file), static_cast<unsigned>(submit));
    return next().syscall(SYS_io_uring_enter, file, submit, a, b, c, d);
  });
}

// Tries a no-operation with a result on a ring of its own.
inline bool try_failing_operation() {
  const Next& real = next();
  io_uring_params parameters{};
  const int file = static_cast<int>(real.syscall(SYS_io_uring_setup, 2, &parameters));
  if (file < 0) return false;
  const std::size_t queue_size =
      std::max<std::size_t>(parameters.sq_off.array + parameters.sq_entries * sizeof(std::uint32_t),
                            parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
  const std::size_t entries_size = parameters.sq_entries * sizeof(io_uring_sqe);
  const auto map = [&](std::size_t size, std::uint64_t offset) {
    void* const memory =
        real.mmap64(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, static_cast<off64_t>(offset));
    return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
  };
  char* const queue = map(queue_size, IORING_OFF_SQ_RING);
  char* const entries = map(entries_size, IORING_OFF_SQES);
  bool works = false;
  if (queue != nullptr && entries != nullptr && (parameters.features & IORING_FEAT_SINGLE_MMAP) != 0) {
    becomes_nothing(*reinterpret_cast<io_uring_sqe*>(entries), -EIO);
    *reinterpret_cast<std::uint32_t*>(queue + parameters.sq_off.array) = 0;
    *reinterpret_cast<std::uint32_t*>(queue + parameters.sq_off.tail) = 1;
    works = real.syscall(SYS_io_uring_enter, file, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) == 1 &&
            reinterpret_cast<io_uring_cqe*>(queue + parameters.cq_off.cqes)->res == -EIO;
  }
  if (queue != nullptr) real.munmap(queue, queue_size);
  if (entries != nullptr) real.munmap(entries, entries_size);
  real.close(file);
  return works;
}

}  // namespace assay::suite::intercepted
