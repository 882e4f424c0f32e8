// Makes bad files of good ones: changes that know JSON (a field gone, twice, of another type; numbers beyond
// every range; nesting) and changes that know nothing (bytes, lines, cuts). Everything follows from the seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace assay::report {

std::string mutate(const std::string& sample, std::mt19937_64& random);

// The large ones, which a mutation of a few bytes never reaches: 100,000 brackets, fields, or equal keys, a
// line of megabytes, every value of the sample nested.
std::vector<std::string> extremes(const std::string& sample);

}  // namespace assay::report
