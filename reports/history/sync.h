// Brings an index up to date with the store: new files come in, vanished ones go, changed ones are read
// again.
//
// A file that cannot be used is reported in full once; its name stays in the index, with what was wrong.
// Every time it is tried again, because what was wrong may have been the disk or another file, and reported
// in full when something else is wrong with it. It never keeps the others from being used.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "reports/history/index.h"
#include "reports/history/store.h"

namespace assay::report {

struct Synchronised {
  std::size_t added = 0, dropped = 0;
  std::vector<std::string> problems;  // found now: file, line, and what to do
  std::vector<std::string> damaged;   // names of files with the problem that was found earlier
};

// `progress` is told how many of how many new files have been read.
using Progress = std::function<void(std::size_t done, std::size_t all)>;

Synchronised synchronise(Store* store, Index* index, const Progress& progress);

// All changes of a whole history, from the index where it has seen the same values before.
void find_all_changes(History* history, Index* index);

}  // namespace assay::report
