// A small io_uring: requests go to the kernel through one ring in shared memory, what became of them comes
// back through another, and one system call can submit many and wait for some.
//
//   get() fills        submit()                        complete()
//      v                  v                                v
//   │ e │ e │ e │   ->  kernel: queued, under way   ->   │ c │ c │       outstanding() counts from get()
//    submission entries                                 completions     to the last completion of a request
//
// Invariants:
//   I1  the tail of the submission ring is ours and its head the kernel's; of the completion ring conversely
//   I2  an entry is written before the tail that shows it (release), a completion is read after the tail that
//       shows it (acquire) and before the head that gives its place back (release)
//   I3  outstanding() is the number of requests whose last completion has not been taken. A zero-copy send
//   has
//       two: its result (more()), then the notification that its memory may be used again
//   I4  closing frees the descriptor and both mappings; so does every path on which open() fails
//
// How many submission entries remain is told by the kernel's head, not by what io_uring_enter() returned, so
// that a call that took fewer, or none (EINTR), is repeated for exactly the rest.
//
// Who may use it: one thread at a time. Issuer::kOneThread tells the kernel that it is always the thread that
// opened it: completions are then worked off only in wait() and complete(), which is cheapest, and any other
// thread gets EEXIST. A kernel that does not know the flag gets a ring without it. Not after fork().
//
// Memory named by requests must stay until their last completion, whatever happens to the ring: closing one
// with requests under way cancels them later, not at once. Only registered memory may be unmapped before: the
// kernel holds its pages.
//
// What it does not do: no polling threads, no linked requests (the entries are the kernel's own, so users
// may), no waiting with a time-out.
//
// Source: io_uring(7), io_uring_setup(2), io_uring_enter(2), io_uring_register(2); <linux/io_uring.h>.
#pragma once

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/descriptor.h"

#ifndef IORING_SETUP_COOP_TASKRUN
#define IORING_SETUP_COOP_TASKRUN (1U << 8)
#endif
#ifndef IORING_SETUP_TASKRUN_FLAG
#define IORING_SETUP_TASKRUN_FLAG (1U << 9)
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
#ifndef IORING_SQ_CQ_OVERFLOW
#define IORING_SQ_CQ_OVERFLOW (1U << 1)
#endif
#ifndef IORING_SQ_TASKRUN
#define IORING_SQ_TASKRUN (1U << 2)
#endif
#ifndef IORING_CQE_F_NOTIF
#define IORING_CQE_F_NOTIF (1U << 3)
#endif

namespace assay {

class IoRing {
 public:
  enum class Issuer { kAnyThread, kOneThread };

  struct Completion {
    std::uint64_t user_data = 0;
    int result = 0;  // what the system call would have returned, or -errno
    unsigned flags = 0;

    bool more() const noexcept { return (flags & IORING_CQE_F_MORE) != 0; }
    bool notification() const noexcept { return (flags & IORING_CQE_F_NOTIF) != 0; }
  };

  IoRing() noexcept = default;
  IoRing(IoRing&& other) noexcept { take(other); }
  IoRing& operator=(IoRing&& other) noexcept {
    if (this != &other) {
      close();
      take(other);
    }
    return *this;
  }
  ~IoRing() { close(); }

  static Availability available() noexcept {
    IoRing ring;
    return {ring.open(1), "io_uring_setup"};
  }

  // 0, or an errno value. There is room for `entries` requests, rounded up to a power of two, between two
  // submissions, and for twice as many completions; more are kept by the kernel.
  int open(unsigned entries, Issuer issuer = Issuer::kAnyThread) noexcept {
    close();
    io_uring_params parameters;
    int error = EINVAL;
    for (const unsigned flags : {kDeferred, kCooperative, 0u}) {
      if (flags == kDeferred && issuer == Issuer::kAnyThread) continue;
      parameters = {};
      parameters.flags = flags;
      error = set_up(entries, parameters);
      if (error != EINVAL) break;
    }
    if (error == 0) error = map(parameters);
    if (error != 0) close();
    return error;
  }

  void close() noexcept {
    if (entries_ != nullptr) ::munmap(entries_, entry_bytes_);
    if (rings_ != nullptr) ::munmap(rings_, ring_bytes_);
    descriptor_.close();
    entries_ = nullptr;
    rings_ = nullptr;
    outstanding_ = 0;
    tail_ = 0;
  }

  bool is_open() const noexcept { return entries_ != nullptr; }

  // A request to fill in, all zero; it goes with the next submit() or wait(). Null: the ring is full.
  io_uring_sqe* get() noexcept {
    // Acquire: pairs with the kernel's store of the head, after which it no longer reads the entries before.
    if (entries_ == nullptr || tail_ - shared(submission_.head).load(std::memory_order_acquire) > mask_) {
      return nullptr;
    }
    io_uring_sqe* const entry = entries_ + (tail_ & mask_);
    std::memset(entry, 0, sizeof *entry);
    ++tail_;
    ++outstanding_;
    return entry;
  }

  // Gives the kernel what has been filled in. 0, or an errno value with the rest still in the ring: EAGAIN
  // and EBUSY when there is no memory, or too many completions are not taken.
  int submit() noexcept { return enter(0); }

  // Also waits until `count` completions can be taken, or as many as there are requests outstanding, or as
  // the completion ring holds: more than that are never ready at a time.
  int wait(unsigned count = 1) noexcept {
    return enter(std::min({count, outstanding_, completion_mask_ + 1}));
  }

  // Takes the next completion; false: there is none now.
  bool complete(Completion& completion) noexcept {
    if (entries_ == nullptr) return false;
    // Relaxed: the head is ours alone to write.
    const unsigned head = shared(completion_.head).load(std::memory_order_relaxed);
    // Acquire: pairs with the kernel's release of the tail, after it has written the completion.
    if (head == shared(completion_.tail).load(std::memory_order_acquire) && !fetch(head)) return false;
    const io_uring_cqe& entry = completions_[head & completion_mask_];
    completion = {entry.user_data, entry.res, entry.flags};
    // Release: the kernel must not write a new completion here before this one has been read.
    shared(completion_.head).store(head + 1, std::memory_order_release);
    if (!completion.more()) --outstanding_;
    return true;
  }

  unsigned outstanding() const noexcept { return outstanding_; }
  // Requests that the kernel has not taken from the ring.
  unsigned unsubmitted() const noexcept {
    // Acquire: as in get().
    return entries_ == nullptr ? 0 : tail_ - shared(submission_.head).load(std::memory_order_acquire);
  }
  int descriptor() const noexcept { return descriptor_.get(); }

  // Whether the kernel knows IORING_OP_…; O(1), one system call.
  bool supports(unsigned operation) const noexcept {
    constexpr unsigned kOperations = 256;
    alignas(io_uring_probe)
        std::byte space[sizeof(io_uring_probe) + kOperations * sizeof(io_uring_probe_op)] = {};
    if (operation >= kOperations || call_register(IORING_REGISTER_PROBE, space, kOperations) != 0)
      return false;
    io_uring_probe probe;
    std::memcpy(&probe, space, sizeof probe);
    if (operation >= probe.ops_len) return false;
    io_uring_probe_op answer;
    std::memcpy(&answer, space + sizeof probe + operation * sizeof answer, sizeof answer);
    return (answer.flags & IO_URING_OP_SUPPORTED) != 0;
  }

  // Memory that requests name by its place in this list: the kernel finds and holds its pages now, not at
  // each request. 0, or an errno value: ENOMEM beyond RLIMIT_MEMLOCK.
  int register_buffers(std::span<const iovec> buffers) noexcept {
    return call_register(IORING_REGISTER_BUFFERS, buffers.data(), static_cast<unsigned>(buffers.size()));
  }
  int unregister_buffers() noexcept { return call_register(IORING_UNREGISTER_BUFFERS, nullptr, 0); }

 private:
  static constexpr unsigned kCooperative = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  static constexpr unsigned kDeferred =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;

  struct Ends {
    unsigned* head = nullptr;
    unsigned* tail = nullptr;
  };

  static std::atomic_ref<unsigned> shared(unsigned* word) noexcept {
    return std::atomic_ref<unsigned>(*word);
  }

  void take(IoRing& other) noexcept {
    descriptor_ = std::move(other.descriptor_);
    rings_ = std::exchange(other.rings_, nullptr);
    ring_bytes_ = other.ring_bytes_;
    entries_ = std::exchange(other.entries_, nullptr);
    entry_bytes_ = other.entry_bytes_;
    submission_ = other.submission_;
    completion_ = other.completion_;
    submission_flags_ = other.submission_flags_;
    completions_ = other.completions_;
    mask_ = other.mask_;
    completion_mask_ = other.completion_mask_;
    tail_ = std::exchange(other.tail_, 0);
    outstanding_ = std::exchange(other.outstanding_, 0);
  }

  int set_up(unsigned entries, io_uring_params& parameters) noexcept {
    long made;
    do {
      made = ::syscall(SYS_io_uring_setup, entries, &parameters);
    } while (made < 0 && errno == EINTR);
    if (made < 0) return errno;
    descriptor_ = Descriptor(static_cast<int>(made));
    return 0;
  }

  int map(const io_uring_params& parameters) noexcept {
    // One mapping for both rings, and no completion ever dropped: Linux 5.5.
    constexpr unsigned kNeeded = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
    if ((parameters.features & kNeeded) != kNeeded) return ENOSYS;
    const auto& submission = parameters.sq_off;
    const auto& completion = parameters.cq_off;
    ring_bytes_ = std::max<std::size_t>(submission.array + parameters.sq_entries * sizeof(unsigned),
                                        completion.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
    entry_bytes_ = parameters.sq_entries * sizeof(io_uring_sqe);
    void* const rings = map_part(ring_bytes_, IORING_OFF_SQ_RING);
    if (rings == MAP_FAILED) return errno;
    rings_ = static_cast<std::byte*>(rings);
    void* const entries = map_part(entry_bytes_, IORING_OFF_SQES);
    if (entries == MAP_FAILED) return errno;
    entries_ = static_cast<io_uring_sqe*>(entries);

    submission_ = {word(submission.head), word(submission.tail)};
    completion_ = {word(completion.head), word(completion.tail)};
    submission_flags_ = word(submission.flags);
    completions_ = reinterpret_cast<const io_uring_cqe*>(rings_ + completion.cqes);
    mask_ = *word(submission.ring_mask);
    completion_mask_ = *word(completion.ring_mask);
    for (unsigned i = 0; i < parameters.sq_entries; ++i) word(submission.array)[i] = i;
    return 0;
  }

  void* map_part(std::size_t bytes, std::uint64_t offset) const noexcept {
    return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor_.get(),
                  static_cast<off_t>(offset));
  }

  unsigned* word(std::size_t offset) const noexcept { return reinterpret_cast<unsigned*>(rings_ + offset); }

  unsigned ready() const noexcept {
    // Acquire and relaxed: as in complete().
    return shared(completion_.tail).load(std::memory_order_acquire) -
           shared(completion_.head).load(std::memory_order_relaxed);
  }

  int enter(unsigned wanted) noexcept {
    if (entries_ == nullptr) return EBADF;
    // Release: pairs with the kernel's acquire of the tail, after which it reads the entries.
    shared(submission_.tail).store(tail_, std::memory_order_release);
    for (;;) {
      const unsigned rest = unsubmitted();
      const bool wait = ready() < wanted;
      if (rest == 0 && !wait) return 0;
      const long taken = ::syscall(SYS_io_uring_enter, descriptor_.get(), rest, wait ? wanted : 0u,
                                   wait ? IORING_ENTER_GETEVENTS : 0u, nullptr, std::size_t{0});
      if (taken < 0 && errno != EINTR) return errno;
      // The kernel takes none only if it has no memory for a request: it would say so again.
      if (taken == 0 && rest != 0 && unsubmitted() == rest) return EAGAIN;
    }
  }

  // Completions that the kernel has but has not put into the ring.
  [[gnu::noinline]] bool fetch(unsigned head) noexcept {
    // Relaxed: a hint; the kernel sets it before it wakes whoever waits.
    const unsigned flags = shared(submission_flags_).load(std::memory_order_relaxed);
    if ((flags & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN)) == 0) return false;
    while (::syscall(SYS_io_uring_enter, descriptor_.get(), 0u, 0u, IORING_ENTER_GETEVENTS, nullptr,
                     std::size_t{0}) < 0) {
      if (errno != EINTR) return false;
    }
    // Acquire: as in complete().
    return head != shared(completion_.tail).load(std::memory_order_acquire);
  }

  int call_register(unsigned operation, const void* argument, unsigned count) const noexcept {
    long done;
    do {
      done = ::syscall(SYS_io_uring_register, descriptor_.get(), operation, argument, count);
    } while (done < 0 && errno == EINTR);
    return done < 0 ? errno : 0;
  }

  Descriptor descriptor_;
  std::byte* rings_ = nullptr;
  std::size_t ring_bytes_ = 0;
  io_uring_sqe* entries_ = nullptr;
  std::size_t entry_bytes_ = 0;
  Ends submission_;
  Ends completion_;
  unsigned* submission_flags_ = nullptr;
  const io_uring_cqe* completions_ = nullptr;
  unsigned mask_ = 0;
  unsigned completion_mask_ = 0;
  unsigned tail_ = 0;         // of the submission ring, ahead of the shared one by what is not submitted
  unsigned outstanding_ = 0;  // I3
};

}  // namespace assay
