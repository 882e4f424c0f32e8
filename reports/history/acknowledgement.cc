#include "reports/history/acknowledgement.h"

#include <ctime>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace assay::report {
namespace {

using Json = nlohmann::json;

constexpr std::pair<const char*, std::string Acknowledgement::*> kTexts[] = {
    {"machine", &Acknowledgement::machine}, {"suite", &Acknowledgement::suite},
    {"case", &Acknowledgement::workload},   {"subject", &Acknowledgement::subject},
    {"metric", &Acknowledgement::metric},   {"commit", &Acknowledgement::commit},
    {"reason", &Acknowledgement::reason},   {"author", &Acknowledgement::author}};

}  // namespace

std::string acknowledge(Store* store, const Acknowledgement& acknowledgement) {
  nlohmann::ordered_json record = {{"schema", 2}, {"record", "acknowledgement"}};
  for (const auto& [field, member] : kTexts) record[field] = acknowledgement.*member;
  record["time"] = acknowledgement.time;
  const std::time_t time = acknowledgement.time;
  std::random_device random;
  for (;;) {
    std::ostringstream name;
    name << "acknowledged/" << std::put_time(std::gmtime(&time), "%Y%m%dT%H%M%SZ-") << std::hex
         << std::setw(8) << std::setfill('0') << random() << ".json";
    if (store->publish(name.str(), record.dump() + "\n")) return name.str();
  }
}

std::vector<Acknowledgement> acknowledgements(Store* store, std::vector<std::string>* problems) {
  std::vector<Acknowledgement> all;
  for (const StoredFile& file : store->list("acknowledged")) {
    if (!file.name.ends_with(".json")) continue;
    try {
      const Json record = Json::parse(store->read(file.name));
      if (record.at("schema") != 2 || record.at("record") != "acknowledgement")
        throw std::runtime_error("expected a record `acknowledgement` of schema 2");
      Acknowledgement one;
      for (const auto& [field, member] : kTexts) one.*member = record.at(field).get<std::string>();
      one.time = record.at("time").get<std::int64_t>();
      all.push_back(std::move(one));
    } catch (const std::exception& error) {
      problems->push_back(store->place(file.name) + ":1: " + error.what() + "; it acknowledges nothing");
    }
  }
  return all;
}

}  // namespace assay::report
