// What the index asks of a database: few enough functions that the same statements run on SQLite (sqlite.h)
// and PostgreSQL (postgres.h). Parameters are written $1, $2, … in this order; identifiers and types are
// those that both understand.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assay::report {

using Value = std::variant<std::int64_t, double, std::string_view>;

// The current one of an answer; columns count from 0.
class Row {
 public:
  virtual std::int64_t integer(int column) const = 0;
  virtual double number(int column) const = 0;
  virtual std::string text(int column) const = 0;

 protected:
  ~Row() = default;
};

enum class Access { kRead, kWrite };

class Database {
 public:
  using EachRow = std::function<void(const Row&)>;

  virtual ~Database() = default;
  // Throws DatabaseError. Outside of a transaction a statement is one by itself.
  virtual void run(const std::string& statement, const std::vector<Value>& values = {},
                   const EachRow& each = nullptr) = 0;
  // Begins a transaction. One that reads sees one state throughout; while one writes, others that want to
  // write wait for its end.
  virtual void begin(Access access) = 0;
  // For the end of a `create table`: keep the rows in the order of the primary key, where that can be chosen.
  virtual const char* in_order_of_key() const = 0;
};

class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What is stored makes no sense: an index can be made anew.
class DamagedDatabase : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};

class Transaction {
 public:
  Transaction(Database* database, Access access) : database_(database) { database_->begin(access); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (database_ == nullptr) return;
    try {
      database_->run("ROLLBACK");
    } catch (const DatabaseError&) {  // the connection is gone, and the transaction with it
    }
  }
  void commit() {
    database_->run("COMMIT");
    database_ = nullptr;
  }

 private:
  Database* database_;
};

}  // namespace assay::report
