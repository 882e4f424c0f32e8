// What the workloads of transfers share: the figures beside the times, and a pass that sends to a thread
// which receives.
//
//   cpu_time           by operation, of the whole process: both ends, and threads that the kernel adds
//   cpu_per_gb         s/GB: the same by 10^9 bytes
//   sender_cpu_per_gb, receiver_cpu_per_gb      each of its thread's clock, on one core
//   system_calls       of one pass, the sender's, by its own record
//   user_copied        bytes of one pass that went through a buffer of the transfer's, by its own record
//   kernel_copied      bytes of one pass that were to go without a copy, and the kernel said that it copied
//   page_faults        of one pass
//
// Bytes are compared, by their sum as 64-bit words, in the first pass, which warms up: afterwards they are
// only counted, because a look at them would cost more than what is measured.
#pragma once

#include <string.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/core/clocks.h"
#include "suites/core/team.h"
#include "suites/core/word_sum.h"
#include "suites/core/workload.h"
#include "suites/transfer/workloads/loopback.h"
#include "zerocopy/transfer_concept.h"

namespace assay::suite::transfer {

// Why the transfer cannot be used here, null when it can.
template <Transfer T>
const char* transfer_obstacle() {
  const Availability availability = T::available();
  if (availability.ok()) return nullptr;
  static char text[256];
  snprintf(text, sizeof text, "%s: %s", availability.needs, strerror(availability.error));
  return text;
}

template <Transfer T>
const char* sending_obstacle() {
  const char* const none = loopback_obstacle();
  return none != nullptr ? none : transfer_obstacle<T>();
}

inline std::uint64_t faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

inline void require_done(const IoResult& result, std::uint64_t expected, const char* what) {
  if (!result.ok() || result.bytes != expected)
    fail("%s: %lu of %lu bytes, %s", what, result.bytes, expected,
         result.ok() ? "and no error" : strerror(result.error));
}

// What one pass cost.
struct PassCost {
  double process = 0, sender = 0, receiver = 0;  // CPU nanoseconds
  std::uint64_t faults = 0;

  void report(Figures& figures, std::uint64_t bytes) const {
    const double all = static_cast<double>(bytes);
    figures.add("cpu_per_gb", "s/GB", process / all);
    figures.add("sender_cpu_per_gb", "s/GB", sender / all);
    if (receiver > 0) figures.add("receiver_cpu_per_gb", "s/GB", receiver / all);
    figures.add("page_faults", "count", static_cast<double>(faults));
  }
};

// Of a pass, by the difference of two records.
inline void report_record(Figures& figures, const TransferRecord& before, const TransferRecord& after) {
  figures.add("system_calls", "count", static_cast<double>(after.calls - before.calls));
  figures.add("user_copied", "bytes", static_cast<double>(after.user_copied - before.user_copied));
  figures.add("kernel_copied", "bytes", static_cast<double>(after.kernel_copied - before.kernel_copied));
}

// A pass is send_all() on one thread, bytes_ on the other. The sum of all of them is sum_.
template <Transfer T>
class SendingWorkload : public Workload {
 public:
  std::uint64_t pass() final {
    WordSum sum;
    WordSum* const looked = compared_ ? nullptr : &sum;
    before_ = transfer_.record();
    cost_ = {};
    const std::uint64_t faults_before = faults();
    const double process = cpu_nanoseconds();
    team_.run([&](unsigned member) {
      if (member == 0) {
        const double sender = thread_nanoseconds();
        send_all(transfer_, connection_.sender);
        cost_.sender = thread_nanoseconds() - sender;
      } else {
        cost_.receiver = receiver_.take(connection_.receiver, bytes_, looked);
      }
    });
    cost_.process = cpu_nanoseconds() - process;
    cost_.faults = faults() - faults_before;
    if (!compared_ && sum.get() != sum_)
      fail("the bytes that arrive have the sum %016lx, those that were sent %016lx", sum.get(), sum_);
    compared_ = true;
    return fold(sum_, bytes_);
  }

  void report(const Resident&, Figures& figures) final {
    cost_.report(figures, bytes_);
    report_record(figures, before_, transfer_.record());
  }

 protected:
  SendingWorkload() {
    if (const int error = transfer_.open(); error != 0) fail("open: %s", strerror(error));
  }

  virtual void send_all(T& transfer, int socket) = 0;

  std::uint64_t bytes_ = 0, sum_ = 0;

 private:
  OneCore core_;
  Team<2> team_;
  Loopback connection_;
  Receiver receiver_;
  T transfer_;
  TransferRecord before_;
  PassCost cost_;
  bool compared_ = false;
};

}  // namespace assay::suite::transfer
