// For tests of other tools' formats: their files, and what of them has become of ours.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "reports/history/google_benchmark.h"
#include "reports/read.h"

namespace assay::report {

using Samples = std::vector<double>;

// As Google Benchmark 1.7.1 wrote it, some benchmarks left out.
inline std::string sample(const std::string& name) {
  std::ifstream input("reports/testdata/exchange/" + name, std::ios::binary);
  std::stringstream text;
  text << input.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

inline Results read(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  std::istringstream input(text);
  return read_results(input, "imported", false);
}

inline Results import(const std::string& text, const ImportSettings& settings = {}) {
  return read(import_google_benchmark(text, "b.json", settings));
}

// One benchmark, as the whole of a file; its opening brace is in line 2.
inline std::string with(const std::string& fields) {
  return "{\"benchmarks\": [\n{\"name\": \"BM\", \"time_unit\": \"ns\"" + fields + "}]}";
}

inline const Measurement* find(const Results& results, const std::string& workload,
                               const std::string& metric) {
  const Measurement* found = nullptr;
  for (const Measurement& measurement : results.measurements)
    if (measurement.workload == workload && measurement.metric == metric) {
      EXPECT_EQ(found, nullptr) << "twice: " << workload << " " << metric;
      found = &measurement;
    }
  return found;
}

inline Samples samples(const Results& results, const std::string& workload, const std::string& metric) {
  const Measurement* found = find(results, workload, metric);
  return found == nullptr ? Samples{} : found->samples;
}

using Figures = std::map<std::pair<std::string, std::string>, Samples>;
inline Figures figures(const Results& results) {
  Figures figures;
  for (const Measurement& m : results.measurements) {
    Samples& all = figures[{m.workload, m.metric}];
    all.insert(all.end(), m.samples.begin(), m.samples.end());
  }
  return figures;
}

}  // namespace assay::report
