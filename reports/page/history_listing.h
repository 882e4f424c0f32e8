// A long table that opens fast: its first rows stand in the document, the others are packed behind it, and
// history_page.js sorts and filters over all of them. And the names that rows of several tables share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/history/history.h"

namespace assay::report {

struct Heading {
  const char* name;
  const char* field = "";  // by which the filter finds the column
};

// `id` and `label` are plain words; `rows` are complete elements. `extra` are more controls of the filter.
std::string listing(std::string_view id, std::string_view label, const std::vector<Heading>& headings,
                    const std::vector<std::string>& rows, std::size_t shown, const History& history,
                    std::string_view extra);

// The first four cells of a row: case, subject, metric and machine; headed by these.
std::string series_cells(const HistorySeries& series);
inline const std::vector<Heading> kSeriesHeadings = {
    {"Case"}, {"Subject"}, {"Metric", "metric"}, {"Machine", "machine"}};

std::string number_cell(double value, std::string_view content);  // sorted by `value`

std::string series_id(const HistorySeries& series);  // of its row, for links
std::string date_of(std::int64_t time);              // 2026-11-21, UTC
std::string commit_of(const HistoryRun& run);        // a hash's first twelve digits; escaped

std::string json_text(std::string_view text);  // quoted; what is no UTF-8 is replaced

}  // namespace assay::report
