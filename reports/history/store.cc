#include "reports/history/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <random>
#include <sstream>
#include <system_error>

namespace assay::report {
namespace {

namespace fs = std::filesystem;

constexpr std::time_t kDraftLives = 3600;  // seconds

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), path.string() + ": " + what);
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : path_(path), descriptor_(open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (descriptor_ < 0) fail(path_, "cannot be opened");
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(descriptor_); }

  void write_all(const std::string& bytes) const {
    for (std::size_t written = 0; written < bytes.size();) {
      const ssize_t count = write(descriptor_, bytes.data() + written, bytes.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(path_, "cannot be written");
      written += static_cast<std::size_t>(count);
    }
  }

  void make_durable() const {
    if (fsync(descriptor_) != 0) fail(path_, "cannot be made durable");
  }

 private:
  fs::path path_;
  int descriptor_;
};

// Removed when the writing ends early.
class Draft {
 public:
  explicit Draft(const fs::path& target) {
    std::random_device random;
    std::ostringstream name;
    name << '.' << target.filename().string() << '.' << getpid() << '-' << std::hex << random() << ".part";
    path_ = target.parent_path() / name.str();
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() { unlink(path_.c_str()); }

  const fs::path& path() const { return path_; }

  // False when the target exists.
  bool become(const fs::path& target) const {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS)  // a file system that cannot: a second name, then one less
      if (link(path_.c_str(), target.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    fail(target, "cannot be published");
  }

 private:
  fs::path path_;
};

class Directory : public Store {
 public:
  explicit Directory(fs::path top) : top_(fs::absolute(std::move(top)).lexically_normal()) {
    if (!top_.has_filename()) top_ = top_.parent_path();  // a slash at the end
  }

  std::vector<StoredFile> list(const std::string& folder) override {
    std::vector<StoredFile> files;
    if (fs::exists(top_ / folder)) list_into(folder, &files);
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return files;
  }

  std::string read(const std::string& name) override {
    errno = 0;
    std::ifstream input(top_ / name, std::ios::binary);
    std::ostringstream bytes;
    if (!input || (input.peek() != std::ifstream::traits_type::eof() && !(bytes << input.rdbuf())))
      fail(top_ / name, "cannot be read");
    return bytes.str();
  }

  bool publish(const std::string& name, const std::string& bytes) override {
    const fs::path target = top_ / name;
    std::error_code problem;
    fs::create_directories(target.parent_path(), problem);
    if (problem)
      throw std::system_error(problem, target.parent_path().string() + ": the directory cannot be made");
    const bool is_new = write_new(target, bytes);
    // Somebody else may have made the file or a directory a moment ago, and not yet durable.
    for (fs::path directory = target.parent_path(); directory != top_.parent_path();
         directory = directory.parent_path())
      Descriptor(directory, O_RDONLY | O_DIRECTORY).make_durable();
    Descriptor(top_.parent_path(), O_RDONLY | O_DIRECTORY).make_durable();
    return is_new;
  }

  std::string place(const std::string& name) const override { return top_ / name; }

 private:
  bool write_new(const fs::path& target, const std::string& bytes) const {
    if (fs::exists(target)) return false;
    const Draft draft(target);
    {
      const Descriptor file(draft.path(), O_WRONLY | O_CREAT | O_EXCL, 0444);
      file.write_all(bytes);
      file.make_durable();
    }
    return draft.become(target);
  }

  void list_into(const std::string& folder, std::vector<StoredFile>* files) {
    std::error_code problem;
    for (fs::directory_iterator entry(top_ / folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
      const std::string name = folder + "/" + entry->path().filename().string();
      struct stat status;
      if (lstat(entry->path().c_str(), &status) != 0) continue;  // gone since
      if (S_ISDIR(status.st_mode)) {
        list_into(name, files);
      } else if (name.ends_with(".part")) {
        if (status.st_mtime < std::time(nullptr) - kDraftLives) unlink(entry->path().c_str());
      } else if (S_ISREG(status.st_mode)) {
        files->push_back({name, status.st_size,
                          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec});
      }
    }
    if (problem && problem != std::errc::no_such_file_or_directory)
      throw std::system_error(problem, (top_ / folder).string() + ": cannot be listed");
  }

  fs::path top_;
};

}  // namespace

std::unique_ptr<Store> open_directory(const std::filesystem::path& top) {
  return std::make_unique<Directory>(top);
}

}  // namespace assay::report
