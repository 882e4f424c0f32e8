#include "reports/fuzz/obligation.h"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace assay::report {

void broken(const std::string& promise, const std::string& found) {
  std::fprintf(stderr, "%s: %.2000s\n", promise.c_str(), found.c_str());
  std::abort();
}

void check_message(const std::string& message) {
  constexpr std::size_t kLongest = 2000;
  const std::string place = kInputName + ":";
  if (!message.starts_with(place) || std::isdigit(static_cast<unsigned char>(message[place.size()])) == 0)
    broken("an error that does not begin with file and line", message);
  if (message.size() > kLongest) broken("an error too long to read", message);
}

}  // namespace assay::report

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::report::accepts({reinterpret_cast<const char*>(data), size});
  return 0;
}
