// A directory with one file for a server to serve: known bytes, in the page cache, below the directory for
// temporary files ($TMPDIR chooses another). It goes with this process, however that ends.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "suites/core/measured_file.h"
#include "suites/core/pattern.h"
#include "suites/core/workload.h"

namespace assay::suite::server {

class ServedFile {
 public:
  static constexpr const char* kName = "/file";

  ServedFile(std::size_t size, std::uint64_t seed) : size_(size), bytes_(harness_array<char>(size)) {
    directory_ = std::string(MeasuredFile::directory()) + "/assay-servedXXXXXX";
    if (mkdtemp(directory_.data()) == nullptr) fail("mkdtemp %s: %s", directory_.c_str(), strerror(errno));
    start_cleaner();
    fill_pattern(bytes_, size, seed);
    const int file = open((directory_ + kName).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    for (std::size_t done = 0; done < size;) {
      const ssize_t written = write(file, bytes_ + done, size - done);
      if (written <= 0) fail("a file in %s cannot be written: %s", directory_.c_str(), strerror(errno));
      done += static_cast<std::size_t>(written);
    }
    // So that nothing is written back while a server is measured.
    if (fdatasync(file) != 0) fail("fdatasync of a file in %s: %s", directory_.c_str(), strerror(errno));
    close(file);
  }

  // Otherwise the device would be measured as well.
  void require_resident() const {
    const int file = open((directory_ + kName).c_str(), O_RDONLY | O_CLOEXEC);
    void* const memory = mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) fail("a file in %s cannot be mapped: %s", directory_.c_str(), strerror(errno));
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> states((size_ + page - 1) / page);
    if (mincore(memory, size_, states.data()) != 0) fail("mincore: %s", strerror(errno));
    munmap(memory, size_);
    for (const unsigned char state : states)
      if ((state & 1) == 0) fail("a file of %zu bytes does not stay in the page cache", size_);
  }

  const std::string& directory() const { return directory_; }
  std::size_t size() const { return size_; }
  const char* bytes() const { return bytes_; }

 private:
  // A process that waits for the end of this one, of which the end of a pipe tells, and removes the
  // directory.
  void start_cleaner() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe: %s", strerror(errno));
    const pid_t cleaner = fork();
    if (cleaner < 0) fail("fork: %s", strerror(errno));
    if (cleaner != 0) {
      close(ends[0]);
      return;
    }
    setpgid(0, 0);  // not meant by what the terminal says to this process
    close(ends[1]);
    // Nor may somebody wait for this one to close what it has inherited.
    for (int standard = 0; standard < 3; ++standard) close(standard);
    char nothing;
    while (read(ends[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
    _exit(0);
  }

  std::string directory_;
  std::size_t size_;
  char* bytes_;
};

}  // namespace assay::suite::server
