// The files that are sent: as many as a server has at hand, each sent several times in a pass, in the page
// cache. Their sizes are those that static content has: an icon, a script, a picture, a video.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "suites/core/measured_file.h"
#include "suites/core/word_sum.h"
#include "suites/core/workload.h"

namespace assay::suite::transfer {

inline constexpr Description kSendFile4k{.name = "transfer_file_4k",
                                         .family = "transfer",
                                         .sentence = "files of 4 KiB to a TCP connection over loopback",
                                         .repetitions = 5,
                                         .any_length = true,
                                         .threaded = true};
inline constexpr Description kSendFile64k{.name = "transfer_file_64k",
                                          .family = "transfer",
                                          .sentence = "files of 64 KiB to a TCP connection over loopback",
                                          .repetitions = 5,
                                          .any_length = true,
                                          .threaded = true};
inline constexpr Description kSendFile1m{.name = "transfer_file_1m",
                                         .family = "transfer",
                                         .sentence = "files of 1 MiB to a TCP connection over loopback",
                                         .repetitions = 5,
                                         .any_length = true,
                                         .threaded = true};
inline constexpr Description kSendFile256m{.name = "transfer_file_256m",
                                           .family = "transfer",
                                           .sentence = "a file of 256 MiB to a TCP connection over loopback",
                                           .repetitions = 5,
                                           .threaded = true};

struct FileSize {
  std::uint64_t bytes;
  std::size_t files, sends;  // in a pass
};

constexpr FileSize k4k{4 << 10, 256, 20'000};
constexpr FileSize k64k{64 << 10, 256, 2'000};
constexpr FileSize k1m{1 << 20, 64, 200};
constexpr FileSize k256m{256 << 20, 1, 1};

// `sends` of them in turn. The scale is of how many there are, and of how long one is that is alone.
class SentFiles {
 public:
  SentFiles(const FileSize& size, const Settings& settings)
      : bytes(size.files == 1 ? settings.scaled(size.bytes / kPage) * kPage : size.bytes),
        sends(size.sends == 1 ? 1 : settings.repeated(size.sends)),
        count_(std::min(settings.scaled(size.files), size.files)),
        files_(harness_array<MeasuredFile>(count_)) {
    for (std::size_t i = 0; i < count_; ++i) new (files_ + i) MeasuredFile(bytes, settings.seed + i);
  }

  const MeasuredFile& of_send(std::size_t i) const { return files_[i % count_]; }
  std::size_t count() const { return count_; }
  std::uint64_t total() const { return sends * bytes; }

  void warm() const {
    for (std::size_t i = 0; i < count_; ++i) files_[i].warm();
  }
  // Of all sends.
  std::uint64_t sum() const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (i < sends) total += files_[i].sum() * ((sends - 1 - i) / count_ + 1);
    return total;
  }

  const std::uint64_t bytes;  // of each
  const std::size_t sends;

 private:
  static constexpr std::uint64_t kPage = 4096;

  std::size_t count_;
  MeasuredFile* files_;
};

}  // namespace assay::suite::transfer
