#include "reports/history/postgres.h"

#include <endian.h>
#include <libpq-fe.h>

#include <bit>
#include <cstring>
#include <mutex>
#include <set>

namespace assay::report {
namespace {

constexpr Oid kInteger = 20, kNumber = 701, kText = 25, kBytes = 17;  // int8, float8, text, bytea
constexpr int kBinary = 1;
constexpr const char* kWriters = "4702111234474983745";  // any number: of the lock that writers hold

struct Close {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Close>;

// A parameter as the server takes it.
struct Parameter {
  Oid type;
  std::string bytes;

  Parameter(std::int64_t value) : type(kInteger), bytes(big_endian(static_cast<std::uint64_t>(value))) {}
  Parameter(double value) : type(kNumber), bytes(big_endian(std::bit_cast<std::uint64_t>(value))) {}
  Parameter(std::string_view value, Oid text_or_bytes = kText) : type(text_or_bytes), bytes(value) {}

  static std::string big_endian(std::uint64_t word) {
    word = htobe64(word);
    return {reinterpret_cast<const char*>(&word), sizeof word};
  }
};

class PostgresRow : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  std::int64_t integer(int column) const override { return static_cast<std::int64_t>(word(column)); }
  double number(int column) const override { return std::bit_cast<double>(word(column)); }
  std::string text(int column) const override {
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  std::uint64_t word(int column) const {
    std::uint64_t word = 0;
    if (PQgetlength(result_, row_, column) != sizeof word)
      throw DamagedDatabase("PostgreSQL: column " + std::string(PQfname(result_, column)) +
                            " is not 8 bytes wide");
    std::memcpy(&word, PQgetvalue(result_, row_, column), sizeof word);
    return be64toh(word);
  }

  const PGresult* result_;
  int row_;
};

class Connection {
 public:
  explicit Connection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail("cannot be reached");
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    use_schema();
  }

  // Rows are handed on one by one as they arrive: a history may be larger than the memory.
  void run(const std::string& statement, const std::vector<Parameter>& parameters,
           const Database::EachRow& each) {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths, formats(parameters.size(), kBinary);
    for (const Parameter& parameter : parameters) {
      types.push_back(parameter.type);
      values.push_back(parameter.bytes.data());
      lengths.push_back(static_cast<int>(parameter.bytes.size()));
    }
    const auto count = static_cast<int>(parameters.size());
    // A statement is planned once for each of its lengths, but only those with parameters come again and
    // again.
    const std::string name =
        parameters.empty() ? "" : "s" + std::to_string(std::hash<std::string>()(statement));
    if (!name.empty() && !prepared_.contains(name)) {
      const Result result(PQprepare(connection_.get(), name.c_str(), statement.c_str(), count, types.data()));
      check(result.get());
      prepared_.insert(name);
    }
    if (!(name.empty() ? PQsendQueryParams(connection_.get(), statement.c_str(), 0, nullptr, nullptr, nullptr,
                                           nullptr, kBinary)
                       : PQsendQueryPrepared(connection_.get(), name.c_str(), count, values.data(),
                                             lengths.data(), formats.data(), kBinary)))
      fail("cannot be asked");
    PQsetSingleRowMode(connection_.get());
    const Drain drain{connection_.get()};
    while (const Result result{PQgetResult(connection_.get())}) {
      check(result.get());
      for (int row = 0; each && row < PQntuples(result.get()); ++row) each(PostgresRow(result.get(), row));
    }
  }

 private:
  // Tables of other programs may have the same names: ours are in a schema of their own.
  void use_schema() {
    bool present = false;
    run("SELECT 1 FROM pg_namespace WHERE nspname = 'assay'", {}, [&](const Row&) { present = true; });
    if (!present)
      for (const std::string& statement :
           {std::string("BEGIN"), std::string("SELECT pg_advisory_xact_lock(") + kWriters + ")",
            std::string("CREATE SCHEMA IF NOT EXISTS assay"), std::string("COMMIT")})
        run(statement, {}, nullptr);
    run("SET search_path TO assay", {}, nullptr);
  }

  // What is left of an answer when its reading ends early: the connection can be used again only after it.
  struct Drain {
    PGconn* connection;
    ~Drain() {
      while (Result(PQgetResult(connection))) continue;
    }
  };

  [[noreturn]] void fail(const std::string& what) const {
    std::string reason = PQerrorMessage(connection_.get());
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    // Never the URL: it may hold a password.
    throw DatabaseError("PostgreSQL: database " + std::string(name_or(PQdb(connection_.get()))) + " " + what +
                        ": " + reason);
  }
  static const char* name_or(const char* name) { return name == nullptr ? "(unnamed)" : name; }

  void check(const PGresult* result) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) return;
    const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    // 42: a table or column is not there; XX: data corrupted.
    if (code != nullptr && (std::strncmp(code, "42", 2) == 0 || std::strncmp(code, "XX", 2) == 0) &&
        std::strcmp(code, "42501") != 0)  // but that is a missing permission
      throw DamagedDatabase("PostgreSQL: " + std::string(PQresultErrorMessage(result)));
    fail("refuses");
  }

  std::unique_ptr<PGconn, Close> connection_;
  std::set<std::string> prepared_;
};

class Postgres : public Database {
 public:
  explicit Postgres(const std::string& url) : connection_(url) {}

  void run(const std::string& statement, const std::vector<Value>& values, const EachRow& each) override {
    std::vector<Parameter> parameters;
    for (const Value& value : values)
      parameters.push_back(std::visit([](const auto& one) { return Parameter(one); }, value));
    connection_.run(statement, parameters, each);
  }

  void begin(Access access) override {
    if (access == Access::kRead)
      return connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}, nullptr);
    connection_.run("BEGIN", {}, nullptr);
    connection_.run(std::string("SELECT pg_advisory_xact_lock(") + kWriters + ")", {}, nullptr);
  }

  const char* in_order_of_key() const override { return ""; }

 private:
  Connection connection_;
};

class PostgresStore : public Store {
 public:
  explicit PostgresStore(const std::string& url) : connection_(url) {
    bool present = false;
    connection_.run("SELECT 1 FROM pg_tables WHERE tablename = 'files' AND schemaname = current_schema()", {},
                    [&](const Row&) { present = true; });
    if (present) return;
    // The commit in a name has no hyphen: what follows the first one after the last slash is the run.
    for (const std::string& statement :
         {std::string("BEGIN"), std::string("SELECT pg_advisory_xact_lock(") + kWriters + ")",
          std::string("CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, content BYTEA NOT NULL, "
                      "recorded TIMESTAMPTZ NOT NULL DEFAULT now())"),
          std::string("CREATE UNIQUE INDEX IF NOT EXISTS files_run ON files "
                      "(regexp_replace(name, '^runs/.*/[^-/]*-', '')) WHERE name LIKE 'runs/%'"),
          std::string("COMMIT")})
      connection_.run(statement, {}, nullptr);
  }

  std::vector<StoredFile> list(const std::string& folder) override {
    std::vector<StoredFile> files;
    connection_.run(
        "SELECT name, octet_length(content)::BIGINT, (extract(epoch FROM recorded) * 1000000)::BIGINT FROM "
        "files "
        "WHERE name LIKE $1 ORDER BY name COLLATE \"C\"",
        {std::string_view(folder + "/%")}, [&](const Row& row) {
          files.push_back({row.text(0), row.integer(1), row.integer(2)});
        });
    return files;
  }

  std::string read(const std::string& name) override {
    const std::lock_guard lock(mutex_);  // several threads read
    std::string content;
    bool found = false;
    connection_.run("SELECT content FROM files WHERE name = $1", {std::string_view(name)},
                    [&](const Row& row) {
                      content = row.text(0);
                      found = true;
                    });
    if (!found) throw DatabaseError(place(name) + ": is not there");
    return content;
  }

  bool publish(const std::string& name, const std::string& bytes) override {
    bool is_new = false;
    connection_.run(
        "INSERT INTO files (name, content) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1::BIGINT",
        {std::string_view(name), Parameter(bytes, kBytes)}, [&](const Row&) { is_new = true; });
    return is_new;
  }

  std::string place(const std::string& name) const override { return "table assay.files, " + name; }

 private:
  Connection connection_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Database> open_postgres(const std::string& url) { return std::make_unique<Postgres>(url); }

std::unique_ptr<Store> open_postgres_store(const std::string& url) {
  return std::make_unique<PostgresStore>(url);
}

}  // namespace assay::report
