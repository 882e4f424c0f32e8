// The truth of a history: files that appear whole, under names that are never used twice, and never change.
// Two folders are in use:
//   runs/<machine>/<YYYY-MM>/<commit>-<run>.jsonl.gz   the results of one run (run_file.h)
//   acknowledged/<time>-<digits>.json                  a change that somebody has accepted
//   (acknowledgement.h)
//
// In a directory these are plain files. Machines that share nothing but a git repository or an object store
// may push them without ever colliding: every name holds the machine and the unique id of the run. Add runs/
// and acknowledged/ to git and ignore index.sqlite*, which is rebuilt from them (index.h). zcat reads a run.
//
// A publication writes a draft beside the place (a dot before its name and .part behind), makes it durable,
// renames it without ever overwriting, and makes the directories durable. So a process may be killed and a
// disk may be full at any instant: there is the whole file or none, and drafts, which nobody reads, are
// cleaned away once they are an hour old. A writer that slept for longer finds its draft gone and reports
// that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace assay::report {

struct StoredFile {
  std::string name;  // from the top of the store, with slashes
  std::int64_t size;
  std::int64_t changed;  // whatever differs when the file was exchanged: its time of modification
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::vector<StoredFile> list(const std::string& folder) = 0;  // all below it, in order of name
  virtual std::string read(const std::string& name) = 0;
  // False when something is there under this name. After either answer it is there even when the power fails.
  virtual bool publish(const std::string& name, const std::string& bytes) = 0;
  virtual std::string place(const std::string& name) const = 0;  // as people find it, for messages
};

// All functions throw std::system_error, which names the path. `top` is made when something is published.
std::unique_ptr<Store> open_directory(const std::filesystem::path& top);

}  // namespace assay::report
