#include "reports/history/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

namespace assay::report {
namespace {

constexpr int kPatience = 60'000;  // milliseconds

class Lock {
 public:
  Lock(const std::string& path, int operation)
      : descriptor_(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) throw DatabaseError(path + ".lock: cannot be opened: " + std::strerror(errno));
    while (flock(descriptor_, operation) != 0 && errno == EINTR) continue;
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { close(descriptor_); }

 private:
  int descriptor_;
};

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class SqliteRow : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double number(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr
               ? ""
               : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3_stmt* statement_;
};

class Sqlite : public Database {
 public:
  explicit Sqlite(const std::string& path) : path_(path), lock_(path, LOCK_SH) {
    sqlite3* connection = nullptr;
    const int status =
        sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    connection_.reset(connection);
    check(status);
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, kPatience);
    for (const char* setting : {"cache_size = -65536", "cell_size_check = 1", "synchronous = NORMAL"})
      run(std::string("PRAGMA ") + setting, {}, nullptr);
  }

  void run(const std::string& text, const std::vector<Value>& values, const EachRow& each) override {
    sqlite3_stmt* const statement = prepare(text);
    const Reset reset{statement};
    for (int i = 0; i < static_cast<int>(values.size()); ++i)
      check(std::visit([&](const auto& value) { return bind(statement, i + 1, value); },
                       values[static_cast<std::size_t>(i)]));
    int status;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW)
      if (each) each(SqliteRow(statement));
    if (status != SQLITE_DONE) check(status);
  }
  using Database::run;

  void begin(Access access) override {
    run(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN", {}, nullptr);
  }
  const char* in_order_of_key() const override { return " WITHOUT ROWID"; }

 private:
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }
  };

  static int bind(sqlite3_stmt* to, int place, std::int64_t value) {
    return sqlite3_bind_int64(to, place, value);
  }
  static int bind(sqlite3_stmt* to, int place, double value) { return sqlite3_bind_double(to, place, value); }
  static int bind(sqlite3_stmt* to, int place,
                  std::string_view value) {  // which outlives the statement's run
    return sqlite3_bind_text(to, place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }

  sqlite3_stmt* prepare(const std::string& text) {
    std::unique_ptr<sqlite3_stmt, Close>& known = statements_[text];
    if (known == nullptr) {
      sqlite3_stmt* statement = nullptr;
      check(sqlite3_prepare_v2(connection_.get(), text.c_str(), -1, &statement, nullptr));
      known.reset(statement);
    }
    return known.get();
  }

  void check(int status) const {
    if (status == SQLITE_OK) return;
    const std::string message = path_ + ": " + sqlite3_errmsg(connection_.get());
    const int kind = status & 0xff;
    // SQLITE_ERROR: a table or column is not there, so this is not the file that was made here.
    if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR || kind == SQLITE_CONSTRAINT)
      throw DamagedDatabase(message);
    throw DatabaseError(message);
  }

  const std::string path_;
  const Lock lock_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file) {
  return std::make_unique<Sqlite>(file.string());
}

void delete_sqlite(const std::filesystem::path& file) {
  const Lock alone(file.string(), LOCK_EX);
  for (const char* part : {"", "-journal", "-wal", "-shm"}) unlink((file.string() + part).c_str());
}

}  // namespace assay::report
