// A date as HTTP/1 writes it: "Sun, 06 Nov 1994 08:49:37 GMT", always 29 bytes.
//
// Source: RFC 9110, 5.6.7 (IMF-fixdate).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::http {

inline constexpr std::size_t kDateBytes = 29;

// `seconds` since 1970, of which the years 1970 to 9999 can be written: others become the nearest that can.
// No zero is added behind the text.
inline void write_date(std::int64_t seconds, char* out) noexcept {
  using std::chrono::days, std::chrono::sys_days;
  constexpr std::int64_t kDay = 86'400, kLast = 253'402'300'799;  // the end of the year 9999
  const std::int64_t time = std::clamp<std::int64_t>(seconds, 0, kLast);
  const sys_days day{days(static_cast<int>(time / kDay))};
  const std::chrono::year_month_day date(day);
  const auto two = [&](std::size_t at, unsigned number) {
    out[at] = static_cast<char>('0' + number / 10);
    out[at + 1] = static_cast<char>('0' + number % 10);
  };
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto second = static_cast<unsigned>(time % kDay);
  std::memcpy(out, "Thu, 01 Jan 1970 00:00:00 GMT", kDateBytes);
  constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  kWeekdays.copy(out, 3, 3 * std::chrono::weekday(day).c_encoding());
  kMonths.copy(out + 8, 3, 3 * (static_cast<unsigned>(date.month()) - 1));
  two(5, static_cast<unsigned>(date.day()));
  two(12, year / 100);
  two(14, year % 100);
  two(17, second / 3600);
  two(20, second / 60 % 60);
  two(23, second % 60);
}

}  // namespace assay::http
