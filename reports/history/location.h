// Where a history is: a directory, or a PostgreSQL database when the name begins with postgresql:// or
// postgres://.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reports/history/index.h"
#include "reports/history/store.h"

namespace assay::report {

class Location {
 public:
  virtual ~Location() = default;
  virtual Store* store() = 0;
  virtual std::unique_ptr<Index> open_index() = 0;
  virtual void discard_index() = 0;  // which nobody in this process has open
};

// Throws std::runtime_error where it is a URL of another kind.
std::unique_ptr<Location> open_location(const std::string& history);

// Calls `use` with the index of the location. When that is damaged, says so to `note`, and calls it once more
// with a new one.
void with_index(Location* location, const std::function<void(const std::string&)>& note,
                const std::function<void(Index*)>& use);

}  // namespace assay::report
