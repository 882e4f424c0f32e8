// Counts the user-space instructions of the process and of the threads it starts later, where the kernel
// does.
#pragma once

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

namespace assay::suite {

class InstructionCounter {
 public:
  // Threads started from here on are included, once start() is called.
  InstructionCounter() {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    attributes.inherit = 1;
    attributes.disabled = 1;
    descriptor_ =
        static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  }
  ~InstructionCounter() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  InstructionCounter(const InstructionCounter&) = delete;

  void start() const {
    if (descriptor_ >= 0) ioctl(descriptor_, PERF_EVENT_IOC_ENABLE, 0);
  }

  // Since the start; nothing where the kernel or the virtual machine has no such counter.
  std::optional<std::uint64_t> count() const {
    std::uint64_t count = 0;
    if (descriptor_ < 0 || read(descriptor_, &count, sizeof count) != sizeof count) return std::nullopt;
    return count;
  }

 private:
  int descriptor_;
};

}  // namespace assay::suite
