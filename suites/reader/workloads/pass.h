// What the workloads of readers share: opening, looking at every byte, and the figures beside the times.
//
//   cpu_per_gb     s/GB: CPU time of all threads, the kernel's for them included, by 10^9 bytes looked at
//   system_calls   of one pass that is not the first, counted in a child that is traced; not there where that
//                  is refused
//   page_faults    of one pass
//
// Every byte is summed, as 64-bit words: who only hands out memory has not read anything. Readers that bypass
// the page cache read the device in each, and have all but reader_small. The floors
// (suites/peers/read_floors.h) say what the look at memory costs alone.
#pragma once

#include <string.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "suites/core/clocks.h"
#include "suites/core/counted_calls.h"
#include "suites/core/measured_file.h"
#include "suites/core/word_sum.h"
#include "suites/core/workload.h"
#include "zerocopy/reader_concept.h"

namespace assay::suite::reader {

constexpr std::uint64_t kFileBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kPageBytes = 4096;

// A whole number of pages, so that readers of blocks have no ragged end to see to.
inline std::uint64_t file_bytes(const Settings& settings) {
  return settings.scaled(kFileBytes / kPageBytes) * kPageBytes;
}

// Why the reader cannot read files of so many bytes together here, null when it can.
template <Reader R, std::uint64_t kBytes = kFileBytes>
const char* reader_obstacle() {
  if (const char* const none = MeasuredFile::obstacle(kBytes)) return none;
  const MeasuredFile file(kPageBytes, 1);
  const Availability availability = R::available(file.path());
  if (availability.ok()) return nullptr;
  static char text[256];
  snprintf(text, sizeof text, "%s: %s", availability.needs, strerror(availability.error));
  return text;
}

template <Reader R>
void open_reader(R& reader, const MeasuredFile& file) {
  const int error = reader.open(file.path());
  if (error != 0) fail("open: %s", strerror(error));
}

// Adds the bytes of a range to `sum`.
template <Reader R>
void look_at(R& reader, std::uint64_t offset, std::uint64_t length, WordSum& sum) {
  if (const int error = reader.start(offset, length); error != 0) fail("start: %s", strerror(error));
  std::uint64_t seen = 0;
  for (;;) {
    const Chunk chunk = reader.next();
    if (chunk.bytes.empty()) {
      if (chunk.error != 0) fail("next: %s", strerror(chunk.error));
      break;
    }
    sum.add(chunk.bytes);
    seen += chunk.bytes.size();
    if (const int doubt = reader.confirm(); doubt != 0) fail("confirm: %s", strerror(doubt));
  }
  if (seen != length) fail("%lu of %lu bytes came", seen, length);
}

inline std::uint64_t faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

// A pass is read(). A child does it again with a reader of its own, while this process has none: its file
// would stay in the page cache, and its locked memory would count against what the user may lock.
template <Reader R>
class ReadingWorkload : public Workload {
 public:
  std::uint64_t pass() final {
    const std::uint64_t before = faults();
    cpu_ = -cpu_nanoseconds();
    const std::uint64_t checksum = read(reader_);
    cpu_ += cpu_nanoseconds();
    faults_ = faults() - before;
    return checksum;
  }

  void report(const Resident&, Figures& figures) final {
    figures.add("cpu_per_gb", "s/GB", cpu_ / static_cast<double>(bytes_));
    figures.add("page_faults", "count", static_cast<double>(faults_));
    if (reported_) return;
    reported_ = true;
    reader_ = R();
    const auto calls = count_system_calls(
        [this] {
          warm_up();
          begin();
        },
        [this] { static_cast<void>(read(reader_)); }, [this] { reader_ = R(); });
    if (calls) figures.add("system_calls", "count", static_cast<double>(*calls));
    warm_up();  // passes may follow
  }

 protected:
  ReadingWorkload() = default;

  virtual std::uint64_t read(R& reader) = 0;
  virtual void prepare(R&) {}

  R reader_;
  std::uint64_t bytes_ = 0;  // that a pass looks at

 private:
  void warm_up() {
    prepare(reader_);
    static_cast<void>(read(reader_));
  }

  double cpu_ = 0;  // of the latest pass
  std::uint64_t faults_ = 0;
  bool reported_ = false;
};

}  // namespace assay::suite::reader
