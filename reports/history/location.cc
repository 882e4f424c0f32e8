#include "reports/history/location.h"

#include "reports/history/postgres.h"
#include "reports/history/sqlite.h"

namespace assay::report {
namespace {

class Directory : public Location {
 public:
  explicit Directory(const std::filesystem::path& top)
      : store_(open_directory(top)), file_(top / "index.sqlite") {}

  Store* store() override { return store_.get(); }
  std::unique_ptr<Index> open_index() override { return std::make_unique<Index>(open_sqlite(file_)); }
  void discard_index() override { delete_sqlite(file_); }

 private:
  std::unique_ptr<Store> store_;
  std::filesystem::path file_;
};

class Server : public Location {
 public:
  explicit Server(const std::string& url) : url_(url), store_(open_postgres_store(url)) {}

  Store* store() override { return store_.get(); }
  std::unique_ptr<Index> open_index() override { return std::make_unique<Index>(open_postgres(url_)); }
  void discard_index() override { open_index()->discard(); }

 private:
  std::string url_;
  std::unique_ptr<Store> store_;
};

}  // namespace

std::unique_ptr<Location> open_location(const std::string& history) {
  if (history.starts_with("postgresql://") || history.starts_with("postgres://"))
    return std::make_unique<Server>(history);
  // Never all of it: it may hold a password.
  if (const std::size_t colon = history.find("://");
      colon != std::string::npos && colon + 1 == history.find('/'))
    throw std::runtime_error(history.substr(0, colon) + "://…: expected a directory or a postgresql:// URL");
  return std::make_unique<Directory>(history);
}

void with_index(Location* location, const std::function<void(const std::string&)>& note,
                const std::function<void(Index*)>& use) {
  try {
    return use(location->open_index().get());
  } catch (const DamagedDatabase& error) {
    note(std::string(error.what()) + "; the index is damaged and is built anew from the run files");
  }
  location->discard_index();
  use(location->open_index().get());
}

}  // namespace assay::report
