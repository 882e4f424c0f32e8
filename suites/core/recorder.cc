#include "suites/core/recorder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>

#include "suites/core/command.h"

namespace assay::suite {
namespace {

constexpr int kSchema = 2;

std::string time_now(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, format, &utc);
  return text;
}

[[noreturn]] void fail(const std::string& path, const char* what, int error, const char* remedy) {
  throw RecordError(path + ": " + what + ": " + std::strerror(error) + remedy);
}

// Excludes other processes that append to the file.
class FileLock {
 public:
  explicit FileLock(int file) : file_(file) {
    while (flock(file_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  ~FileLock() { flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

// Whether the file is empty or its last record is complete.
bool ends_with_a_line(int file) {
  const off_t size = lseek(file, 0, SEEK_END);
  char last = '\n';
  return size <= 0 || (pread(file, &last, 1, size - 1) == 1 && last == '\n');
}

}  // namespace

std::string new_run_id() {
  char digits[7];
  std::snprintf(digits, sizeof digits, "%06x", std::random_device{}() & 0xffffff);
  return time_now("%Y%m%dT%H%M%SZ-") + digits;
}

std::string commit_of_tree() {
  if (const char* given = std::getenv("ASSAY_COMMIT")) return given;
  const char* tree = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (tree == nullptr) return "";
  const CommandResult commit = run_command({"git", "-C", tree, "rev-parse", "--short=12", "HEAD"});
  if (!commit.succeeded()) return "";
  const CommandResult changes = run_command({"git", "-C", tree, "status", "--porcelain"});
  return commit.output.substr(0, commit.output.find('\n')) + (changes.output.empty() ? "" : "+");
}

Recorder::Recorder(std::string path, RunIdentity identity)
    : path_(std::move(path)), identity_(std::move(identity)) {
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) fail(path_, "cannot open the results file", errno, "; name another with --json or --out");
  bool whole;
  {
    const FileLock lock(file_);
    whole = ends_with_a_line(file_);
  }
  if (whole) return;
  close(file_);
  throw RecordError(path_ + ": the last line is not a complete record, so nothing can be added after it; " +
                    "remove that line or name another file");
}

Recorder::~Recorder() { close(file_); }

void Recorder::write_line(const std::string& line) {
  const std::lock_guard<std::mutex> one_thread(busy_);
  const FileLock one_process(file_);
  const off_t end = lseek(file_, 0, SEEK_END);
  ssize_t written;
  do written = write(file_, line.data(), line.size());
  while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return;
  // A write that was cut short says nothing of the cause: only a full disk and a size limit do that to a
  // file.
  const int error = written < 0 ? errno : ENOSPC;
  if (written > 0 && ftruncate(file_, end) != 0)
    fail(path_, "a record was cut short and cannot be taken back", errno, "; remove the last line");
  fail(path_, "cannot write", error, "; what was written before is complete");
}

void Recorder::append(std::string_view record, const Json& fields) {
  Json line = {{"schema", kSchema},
               {"record", record},
               {"run", identity_.run},
               {"commit", identity_.commit},
               {"machine", identity_.machine}};
  line.update(fields);
  // What a subject prints need not be UTF-8, the file must be.
  write_line(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Recorder::run(std::string_view command,
                   const std::vector<std::pair<std::string, std::string>>& environment) {
  Json settings = Json::object();
  for (const auto& [name, value] : environment) settings[name] = value;
  append("run", {{"started", time_now("%Y-%m-%dT%H:%M:%SZ")},
                 {"command", command},
                 {"assay", kAssayVersion},
                 {"environment", std::move(settings)}});
}

void Recorder::subject(const Subject& subject, const Reasons& unavailable) {
  Json fields = {{"subject", subject.name},
                 {"version", subject.version},
                 {"library", subject.library},
                 {"digest", subject.digest},
                 {"role", name_of(subject.role)}};
  if (!subject.unavailable.empty()) fields["unavailable"] = subject.unavailable;
  for (const auto& [workload, reason] : unavailable) fields["unavailable_workloads"][workload] = reason;
  append("subject", fields);
}

void Recorder::verdict(const Subject& subject, const Verdict& verdict) {
  append("verdict", {{"subject", subject.name},
                     {"version", subject.version},
                     {"suite", verdict.suite},
                     {"case", verdict.clause},
                     {"metric", "verdict"},
                     {"unit", "verdict"},
                     {"samples", Json::array({verdict.verdict})},
                     {"class", std::string(1, verdict.clause_class)},
                     {"sentence", verdict.sentence},
                     {"source", verdict.source},
                     {"detail", verdict.detail},
                     {"notes", verdict.notes},
                     {"headline", verdict.headline},
                     {"reason", verdict.reason},
                     {"reference", verdict.reference},
                     {"seed", verdict.seed}});
}

}  // namespace assay::suite
