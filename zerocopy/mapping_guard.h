// Keeps a program alive when a file is truncated under its mapping.
//
// Idea. Reading a page of a mapping beyond the end of its file raises SIGBUS. Whoever has such a mapping
// registers its addresses here. On a fault in a registered range the handler maps a page of zeros over the
// one that was lost, marks the range, and the read goes on. Who has read then asks lost(): zeros beyond the
// end of the file are no data.
//
//   table   │ 1: [begin, end) lost │ 2: free │ 3: [begin, end) … │        one for the process, kRanges slots
//                     ^
//   SIGBUS at address ┘ found: zeros, mark, return       not found: the handler that was there before
//
// Invariants:
//   I1  a slot belongs to the guard that has set `taken`; only its owner changes its range
//   I2  the range in a slot is whole while `version` is even and the same before and after it was read: the
//       handler, which may interrupt anything and must not wait, sees no half of a range
//   I3  a range is registered after it was mapped, and no more when it is unmapped: a fault at addresses that
//       are not a guard's is never hidden
//   I4  everything the handler uses is lock-free or a plain system call
//
// Costs. A registration is a few stores; the first one in a slot looks for it. The handler looks at all
// slots, at a fault, and maps one page a fault: one more may be lost to a broken disk and those behind it be
// good. But each page alone splits the mapping, and the kernel allows a process only so many
// (vm.max_map_count). After kSinglePages of a range, or when the kernel allows no more, everything from the
// fault to the end of the range becomes zeros at once: it is marked as lost, and nobody takes it for data.
//
// Other faults go to the handler that was installed before the first guard: called as it would have been, or
// for the default action, the process ends as it would have. A handler that is installed later must pass on
// what is not its own in the same way.
//
// What it does not do. Mappings are for reading: the page of zeros cannot be written. A thread that blocks
// SIGBUS is killed by the kernel as without a guard. System calls on a lost page fail with EFAULT; nothing is
// marked. SA_RESETHAND and sa_mask of the earlier handler are not imitated.
//
// Source: mmap(2), sigaction(2), signal-safety(7). The sequence lock follows H.-J. Boehm, "Can seqlocks get
// along with programming language memory models?", 2012.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace assay {

namespace mapping_guard {

inline constexpr std::size_t kRanges = 512;
inline constexpr std::uint32_t kSinglePages = 64;

struct alignas(64) Slot {
  std::atomic<bool> taken{false};
  std::atomic<std::uint32_t> version{0};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<std::uintptr_t> lost{0};   // the first address that was, or 0
  std::atomic<std::uint32_t> faults{0};  // beyond the end of the file, in this range
  std::atomic<std::uintptr_t> rest{0};   // from here to the end all is zeros
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

struct Table {
  Slot slots[kRanges];
  struct sigaction previous;  // written before the handler is installed, and never again
  std::uintptr_t page;        // likewise
};
inline constinit Table table{};

inline void set_range(Slot& slot, std::uintptr_t begin, std::uintptr_t end) noexcept {
  // Relaxed: only the owner writes it.
  const std::uint32_t version = slot.version.load(std::memory_order_relaxed);
  // Relaxed: the releases that follow put it before the stores of the range.
  slot.version.store(version + 1, std::memory_order_relaxed);
  // Release: pair with the acquires in covers(): who has seen a part of the new range sees an odd or later
  // version behind it.
  slot.begin.store(begin, std::memory_order_release);
  slot.end.store(end, std::memory_order_release);
  // Relaxed: read by the owner, or by a handler that has found the range, which is released after it.
  slot.lost.store(0, std::memory_order_relaxed);
  slot.faults.store(0, std::memory_order_relaxed);
  slot.rest.store(end, std::memory_order_relaxed);
  // Release: pairs with the acquire of the version in covers().
  slot.version.store(version + 2, std::memory_order_release);
}

inline bool covers(const Slot& slot, std::uintptr_t address) noexcept {
  // Acquire: pairs with the release of the version in set_range(): the range is at least as new.
  const std::uint32_t version = slot.version.load(std::memory_order_acquire);
  // Acquire: pair with the releases of the range in set_range(), and keep the second look at the version
  // behind.
  const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
  const std::uintptr_t end = slot.end.load(std::memory_order_acquire);
  // Relaxed: behind the acquires. A range that is changing is not that of this thread's read: that one was
  // registered before it.
  const std::uint32_t after = slot.version.load(std::memory_order_relaxed);
  return version % 2 == 0 && version == after && begin <= address && address < end;
}

inline bool map_zeros(std::uintptr_t begin, std::uintptr_t end) noexcept {
  void* const memory = reinterpret_cast<void*>(begin);
  return ::mmap(memory, end - begin, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory;
}

// From the page to the end of the range, but for what has been replaced like that before.
inline bool replace_rest(Slot& slot, std::uintptr_t page) noexcept {
  // Acquire: pairs with the release below: what is left out is mapped.
  std::uintptr_t rest = slot.rest.load(std::memory_order_acquire);
  if (!map_zeros(page, page < rest ? rest : page + table.page)) return false;
  // Release: pairs with the acquire above. Relaxed: on failure only the number is used.
  while (page < rest &&
         !slot.rest.compare_exchange_weak(rest, page, std::memory_order_release, std::memory_order_relaxed)) {
  }
  return true;
}

// Whether the read can be repeated.
inline bool replace_lost_page(std::uintptr_t address, bool beyond_the_end) noexcept {
  for (Slot& slot : table.slots) {
    if (!covers(slot, address)) continue;
    const std::uintptr_t page = address & ~(table.page - 1);
    // Relaxed: only the number matters.
    const bool many = beyond_the_end && slot.faults.fetch_add(1, std::memory_order_relaxed) >= kSinglePages;
    if ((many || !map_zeros(page, page + table.page)) && !replace_rest(slot, page)) return false;
    std::uintptr_t none = 0;
    // Relaxed: read by the thread that faulted, or by one that has synchronised with it by other means.
    slot.lost.compare_exchange_strong(none, address, std::memory_order_relaxed);
    return true;
  }
  return false;
}

inline void pass_on(int signal, siginfo_t* information, void* context) noexcept {
  const struct sigaction& previous = table.previous;
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, information, context);
  const bool sent = information->si_code <= 0;  // by kill() and its like, not by a fault
  if (previous.sa_handler == SIG_IGN && sent) return;
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(signal);
  // The default action. A fault happens again on return, at its own place; a signal that was sent does not.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  if (sent) ::raise(signal);
}

inline void handle(int signal, siginfo_t* information, void* context) noexcept {
  const int saved = errno;
  const bool fault = information->si_code == BUS_ADRERR || information->si_code == BUS_MCEERR_AR;
  if (!fault || !replace_lost_page(reinterpret_cast<std::uintptr_t>(information->si_addr),
                                   information->si_code == BUS_ADRERR)) {
    pass_on(signal, information, context);
  }
  errno = saved;
}

// Once for the process: 0, or an errno value.
inline int install() noexcept {
  static const int error = []() noexcept {
    table.page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction ours = {};
    ours.sa_sigaction = handle;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&ours.sa_mask);
    if (::sigaction(SIGBUS, nullptr, &table.previous) != 0) return errno;
    return ::sigaction(SIGBUS, &ours, nullptr) != 0 ? errno : 0;
  }();
  return error;
}

}  // namespace mapping_guard

// One registered range. Not thread-safe itself; any number may be used on any threads.
class MappingGuard {
 public:
  MappingGuard() noexcept = default;
  MappingGuard(MappingGuard&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  MappingGuard& operator=(MappingGuard&& other) noexcept {
    if (this != &other) {
      release();
      slot_ = std::exchange(other.slot_, nullptr);
    }
    return *this;
  }
  ~MappingGuard() { release(); }

  // These bytes, which are mapped for reading, instead of those before. 0, or an errno value: ENOSPC when all
  // slots are taken. O(1), but O(kRanges) when this guard has no slot yet.
  int cover(const void* memory, std::size_t bytes) noexcept {
    if (slot_ == nullptr) {
      const int error = mapping_guard::install();
      if (error != 0) return error;
      slot_ = find_slot();
      if (slot_ == nullptr) return ENOSPC;
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    mapping_guard::set_range(*slot_, begin, begin + bytes);
    return 0;
  }

  // No bytes; the slot stays for the next cover(). Comes before the memory is unmapped (I3).
  void uncover() noexcept {
    if (slot_ != nullptr) mapping_guard::set_range(*slot_, 0, 0);
  }

  void release() noexcept {
    if (slot_ == nullptr) return;
    mapping_guard::set_range(*slot_, 0, 0);
    // Release: pairs with the acquire in find_slot(): the next owner finds the range empty.
    slot_->taken.store(false, std::memory_order_release);
    slot_ = nullptr;
  }

  // The first byte that was read and not there, since cover(); null: all were.
  const std::byte* lost() const noexcept {
    if (slot_ == nullptr) return nullptr;
    // Relaxed: as in replace_lost_page().
    return reinterpret_cast<const std::byte*>(slot_->lost.load(std::memory_order_relaxed));
  }

 private:
  static mapping_guard::Slot* find_slot() noexcept {
    for (mapping_guard::Slot& slot : mapping_guard::table.slots) {
      // Relaxed: a glance that saves writes to slots in use; the exchange decides. Acquire: pairs with the
      // release in release().
      if (!slot.taken.load(std::memory_order_relaxed) &&
          !slot.taken.exchange(true, std::memory_order_acquire)) {
        return &slot;
      }
    }
    return nullptr;
  }

  mapping_guard::Slot* slot_ = nullptr;
};

}  // namespace assay
