// A history in PostgreSQL, where one machine's disk is outgrown: the run files themselves are rows of a
// table, so that nobody needs a shared disk, and the index is beside them in the same tables as with SQLite.
// All are in the schema `assay`, which is made when it is missing; nothing else in the database is touched.
//
//   files   name → content, as in a directory; the name and the id of the run are unique
#pragma once

#include <memory>
#include <string>

#include "reports/history/database.h"
#include "reports/history/store.h"

namespace assay::report {

// Both throw DatabaseError. `url` as libpq takes it; what it does not say comes from PGUSER, PGPASSFILE, …
std::unique_ptr<Database> open_postgres(const std::string& url);
std::unique_ptr<Store> open_postgres_store(const std::string& url);

}  // namespace assay::report
