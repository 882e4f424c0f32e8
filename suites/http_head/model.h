// Random heads, serialised from a grammar and then damaged, beside the reference parser. A program makes and
// parses several; one that fails is shrunk and printed as C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/core/length.h"
#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

// The head that is being made. Every operation takes a number that decides, and a size.
template <HttpHeadParser H>
class Run {
 public:
  void request_line(std::uint32_t which, std::size_t size) {
    static constexpr const char* kUsual[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"};
    begin(kRequest);
    made_.method = H::kTraits.any_method && which % 3 == 0 ? random_text(which, 1 + size % 40, is_token)
                                                           : kUsual[which % std::size(kUsual)];
    made_.target = "/" + random_text(which, size, is_plain);
    made_.minor_version = static_cast<int>(which / 7 % 10);
    first_line_ = made_.method + " " + made_.target + " HTTP/1." + std::to_string(made_.minor_version);
  }

  void status_line(std::uint32_t which, std::size_t size) {
    begin(kResponse);
    made_.status = static_cast<int>(100 + which % 500);
    made_.reason = random_text(which, size - 1, is_text);
    made_.minor_version = static_cast<int>(which / 7 % 10);
    first_line_ = "HTTP/1." + std::to_string(made_.minor_version) + " " + std::to_string(made_.status) + " " +
                  made_.reason;
  }

  void field(std::uint32_t which, std::size_t size) {
    const std::string name = random_text(which, 1 + (which ^ size) % 40, is_token);
    std::string value = random_text(which + 1, size - 1, is_text);
    const std::string before = random_text(which + 2, which % 4, is_blank);
    const std::string after = random_text(which + 3, which / 4 % 4, is_blank);
    fields_ += name + ":" + before + value + after + line_end(which);
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!value.empty() && blank(value.front())) value.erase(0, 1);
    while (!value.empty() && blank(value.back())) value.pop_back();
    made_.fields.emplace_back(name, value);
  }

  void empty_line(std::uint32_t which, std::size_t) { before_ += line_end(which); }
  void allow_lf(std::uint32_t, std::size_t) { rules_.bare_lf = H::kTraits.bare_lf; }

  void limit(std::uint32_t which, std::size_t size) {
    if constexpr (H::kTraits.limits) {
      if (which % 3 == 0) rules_.head = size;
      if (which % 3 == 1) rules_.start_line = size;
      if (which % 3 == 2) rules_.fields = size % 8;
      damaged_ = true;
    }
  }

  // Kept for the end, when there is a text.
  void damage(std::uint32_t which, std::size_t size) { damages_.emplace_back(which, size); }

  // Serialised, parsed in pieces of that size at most, compared; and then the next head.
  void parse(std::uint32_t which, std::size_t size) {
    if (first_line_.empty()) request_line(which, 3);
    std::string text = (message_ == kRequest ? before_ : std::string()) + first_line_ + line_end(which) +
                       fields_ + line_end(which / 2);
    const std::size_t head = text.size();
    if (which % 3 == 0) text += "body\r\n\r\n";
    for (const auto& [where, n] : damages_) apply_damage(text, where, n);
    const Reading reading = Reference::read(message_, rules_, text);
    if (damages_.empty() && !damaged_) expect_made(reading, head, text);
    Random random(which);
    H subject(message_, rules_);
    HttpVerdict verdict;
    for (std::size_t n = 0; n < text.size();) {
      n = H::kTraits.incremental ? std::min(text.size(), n + random.between(1, size)) : text.size();
      verdict = http_head::parse(subject, std::string_view(text).substr(0, n));
      if (H::kTraits.exact_errors || reading.verdict.outcome != HttpOutcome::kRefused || n == text.size())
        expect<H>(verdict, verdict_of_prefix(reading.verdict, n), text, "in random pieces up to", size);
    }
    if (reading.verdict.outcome == HttpOutcome::kComplete)
      expect_reading(subject, message_, reading, text, "in random pieces up to", size);
    *this = Run();
  }

 private:
  void begin(HttpMessage message) {
    message_ = message;
    Reading fresh;
    fresh.fields = std::move(made_.fields);
    made_ = std::move(fresh);
  }

  static bool is_blank(int c) { return c == ' ' || c == '\t'; }
  static bool is_plain(int c) { return is_visible(c) && c != '#'; }  // at most one # in a target

  template <class May>
  static std::string random_text(std::uint64_t seed, std::size_t size, const May& may) {
    Random random(seed);
    const bool letters = random.one_in(2);
    std::string text;
    while (text.size() < size) {
      const auto c = static_cast<int>(letters ? random.between('a', 'z') : random.below(256));
      if (may(c)) {
        text += static_cast<char>(c);
      } else if (letters) {
        text += ' ';  // blanks have no letters
      }
    }
    return text;
  }

  std::string line_end(std::uint32_t which) const { return rules_.bare_lf && which % 2 == 0 ? "\n" : "\r\n"; }

  static void apply_damage(std::string& text, std::uint32_t which, std::size_t size) {
    static constexpr std::string_view kBytes("\r\n \t:\0\x7f\x80/1aA,\"", 14);
    const std::size_t at = which / 8 % (text.size() + 1);
    const char byte = kBytes[size % kBytes.size()];
    switch (which % 8) {
      case 0:
      case 1:
        if (at < text.size()) text[at] = byte;
        break;
      case 2:
      case 3:
        text.insert(at, 1, byte);
        break;
      case 4:
        text.erase(at, size);
        break;
      case 5:
        text.insert(at, text.substr(at, size));
        break;
      case 6:
        text.resize(at);
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(size);
    }
  }

  // The reference itself must read what was written.
  void expect_made(const Reading& reading, std::size_t head, const std::string& text) const {
    require(reading.verdict == HttpVerdict{HttpOutcome::kComplete, HttpError::kNone, head} &&
                reading.method == made_.method && reading.target == made_.target &&
                reading.reason == made_.reason && reading.status == made_.status &&
                reading.minor_version == made_.minor_version && reading.fields == made_.fields,
            "the reference parser reads something else than was written: \"%s\"", show(text));
  }

  HttpMessage message_ = kRequest;
  HttpRules rules_;
  Reading made_;
  std::string before_, first_line_, fields_;
  std::vector<std::pair<std::uint32_t, std::size_t>> damages_;
  bool damaged_ = false;  // by a limit
};

template <HttpHeadParser H, bool kDamages>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which;
    std::size_t size;
  };

  struct Kind {
    const char* name;
    int weight;
    std::size_t largest;  // size, which is at least 1
    void (Run<H>::*run)(std::uint32_t, std::size_t);
  };

  static constexpr Kind kKinds[] = {
      {"request_line", 10, 120, &Run<H>::request_line},
      {"status_line", 10, 60, &Run<H>::status_line},
      {"field", 50, 200, &Run<H>::field},
      {"empty_line", 3, 1, &Run<H>::empty_line},
      {"allow_lf", 4, 1, &Run<H>::allow_lf},
      {"limit", kDamages ? 4 : 0, 200, &Run<H>::limit},
      {"damage", kDamages ? 16 : 0, 255, &Run<H>::damage},
      {"parse", 20, 100, &Run<H>::parse},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    int weights = 0;
    for (const Kind& kind : kKinds) weights += kind.weight;
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(static_cast<std::uint64_t>(weights)));
      unsigned char kind = 0;
      while ((left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(100'000)),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<H> run;
    for (std::size_t i = 0; i < count; ++i) {
      const Operation& operation = operations[i];
      (run.*kKinds[operation.kind].run)(operation.which, std::max<std::size_t>(1, operation.size));
    }
    run.parse(0, 1);
  }

  void print(const Operation& operation) const {
    std::fprintf(stderr, "  run.%s(%u, %zu);\n", kKinds[operation.kind].name, operation.which,
                 operation.size);
  }

  const char* opening() const { return "  Run<H> run;\n"; }
};

template <class H, bool kDamages>
void check_model() {
  run_random_programs(Language<H, kDamages>(), 300, static_cast<int>(150 * length_factor()));
}

template <class H>
void check_damaged() {
  if constexpr (!H::kTraits.strict)
    absent("claims no strictness");
  else
    check_model<H, true>();
}

template <class H>
struct ModelClauses {
  Clause heads{"MODEL-1", ClauseClass::kViolation, "grammar of RFC 9112",
               "Random heads are read as they were written, in whatever pieces they come",
               &check_model<H, false>};
  Clause damaged{"MODEL-2", ClauseClass::kViolation, "reference parser of RFC 9112",
                 "Random damage to a head is judged as the reference parser judges it", &check_damaged<H>};
};

}  // namespace assay::suite::http_head
