// The index of a directory: one file of SQLite.
//
// The rollback journal, not the write-ahead log: writers are rare and short, the index stays one file that
// may be deleted at any time, and it works on shared disks, where the log's shared memory does not.
//
// A lock file beside it is held, shared, by everybody who has the index open, and alone by whoever replaces a
// damaged one: deleting a file of SQLite under another process would mix its journal into the new file.
#pragma once

#include <filesystem>
#include <memory>

#include "reports/history/database.h"

namespace assay::report {

// Both throw DatabaseError and wait for others. Opening makes the file when it is not there.
std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file);
void delete_sqlite(const std::filesystem::path& file);  // which this process does not have open

}  // namespace assay::report
