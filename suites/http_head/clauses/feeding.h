// Heads that arrive in pieces: HH-27 to HH-31, HH-45. Every other clause feeds its inputs whole, split at
// every byte and byte by byte as well; these have what is particular to it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/mapped_memory.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

// Every part longer than a few vectors.
inline std::string long_request() {
  std::string text = "OPTIONS /";
  for (int i = 0; i < 90; ++i) text += static_cast<char>('a' + i % 26);
  text += " HTTP/1.1\r\n";
  for (const int size : {15, 16, 17, 31, 33, 70, 100}) {
    for (int i = 0; i < size; ++i) text += i % 11 == 10 ? '-' : static_cast<char>('A' + i % 26);
    text += ":  ";
    for (int i = 0; i < size; ++i) text += i % 7 == 3 ? ' ' : static_cast<char>('a' + i % 25);
    text += "\r\n";
  }
  return text + "\r\n";
}

template <class H>
void check_long_parts() {
  if constexpr (!H::kTraits.incremental) {
    absent("claims to be given whole heads only");
  } else {
    const std::string text = long_request();
    check_text<H>(kRequest, {}, text);
    const Reading reading = Reference::read(kRequest, {}, text);
    const Feeding<H> feeding(kRequest, {}, text, reading.verdict, &reading);
    for (std::size_t size = 2; size < 70; ++size) feeding.pieces(size);
  }
}

template <class H>
void check_moving_input() {
  if constexpr (!H::kTraits.incremental) {
    absent("claims to be given whole heads only");
  } else {
    const std::string text = "POST /a/b HTTP/1.1\r\nHost: example\r\nX-Empty:\r\nLast: value\r\n\r\n";
    const Reading reading = Reference::read(kRequest, {}, text);
    for (std::size_t step = 1; step < text.size(); ++step) {
      H head(kRequest);
      std::vector<std::unique_ptr<char[]>> inputs;  // all kept, so that each has another address
      for (std::size_t size = step; size < text.size() + step; size += step) {
        const std::size_t n = std::min(size, text.size());
        if (!inputs.empty()) std::memset(inputs.back().get(), '!', size - step);
        inputs.push_back(std::make_unique<char[]>(n));
        std::memcpy(inputs.back().get(), text.data(), n);
        expect<H>(parse(head, {inputs.back().get(), n}), verdict_of_prefix(reading.verdict, n), text,
                  "moved behind each piece of", step);
      }
      expect_reading(head, kRequest, reading, text, "moved behind each piece of", step);
    }
  }
}

// Two pages: what was parsed lies at the end of the first one, which is then taken away.
class TornPages {
 public:
  TornPages() : memory_(static_cast<char*>(map_memory(2 * page_))) {}
  TornPages(const TornPages&) = delete;
  ~TornPages() { munmap(memory_, 2 * page_); }

  // The text, with its byte number `cut` at the beginning of the second page.
  const char* place(std::string_view text, std::size_t cut) {
    protect(PROT_READ | PROT_WRITE);
    std::memcpy(memory_ + page_ - cut, text.data(), text.size());
    return memory_ + page_ - cut;
  }
  void take_away() { protect(PROT_NONE); }

 private:
  void protect(int protection) {
    if (mprotect(memory_, page_, protection) != 0) skipped("mprotect failed");
  }
  const std::size_t page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  char* memory_;
};

template <class H>
void check_read_once() {
  if constexpr (!H::kTraits.incremental) {
    absent("claims to be given whole heads only");
  } else {
    const std::string text = long_request();
    const Reading reading = Reference::read(kRequest, {}, text);
    std::size_t& cut = shared_with_children<std::size_t>();
    const Ending ending = run_forked([&] {
      TornPages pages;
      for (cut = 1; cut < text.size(); ++cut) {
        const char* place = pages.place(text, cut);
        H head(kRequest);
        parse(head, {place, cut});
        pages.take_away();
        for (const std::size_t size : {cut + 1, text.size()})
          expect<H>(parse(head, {place, size}), verdict_of_prefix(reading.verdict, size), text,
                    "with the first bytes taken away:", cut);
      }
    });
    require(ending.clean(), "%s when the first %zu bytes, which were parsed, could not be read any more",
            describe(ending), cut);
  }
}

// Of a complete head, everything that it says, what it says of the body included.
template <class H>
std::string everything(const H& head, HttpMessage message) {
  const auto number = [](auto n) { return std::to_string(static_cast<unsigned long long>(n)) + "\n"; };
  std::string all = number(head.minor_version());
  if (message == kRequest)
    (((all += head.method()) += '\n') += head.target()) += '\n';
  else
    ((all += number(head.status())) += head.reason()) += '\n';
  for (std::size_t i = 0; i < head.size(); ++i)
    (((all += head.field(i).name) += '\n') += head.field(i).value) += '\n';
  if constexpr (H::kTraits.framing) {
    const HttpContentLength length = head.content_length();
    const HttpBody body = head.body("GET");
    all += number(length.state) + number(length.bytes) + number(body.end) + number(body.bytes) +
           number(head.is_chunked());
  }
  return all;
}

// Beside itself: where a subject errs, it errs in the same way however the bytes come.
template <class H>
void check_cut(HttpMessage message, const HttpRules& rules, const std::string& text) {
  H whole(message, rules);
  const HttpVerdict expected = parse(whole, text);
  const bool complete = expected.outcome == HttpOutcome::kComplete;
  const std::string said = complete ? everything(whole, message) : std::string();
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    H head(message, rules);
    parse(head, std::string_view(text).substr(0, cut));
    const HttpVerdict verdict = parse(head, text);
    require(verdict.outcome == expected.outcome, "cut at %zu: %s instead of %s: \"%s\"", cut,
            name_of(verdict.outcome), name_of(expected.outcome), show(text));
    if (complete || H::kTraits.exact_errors)
      require(verdict == expected, "cut at %zu: (%s) at %zu instead of (%s) at %zu: \"%s\"", cut,
              name_of(verdict.error), verdict.offset, name_of(expected.error), expected.offset, show(text));
    if (complete)
      require(everything(head, message) == said, "cut at %zu, the head says something else: \"%s\"", cut,
              show(text));
  }
}

template <class H>
void check_every_cut() {
  if constexpr (!H::kTraits.incremental) {
    absent("claims to be given whole heads only");
  } else {
    for (const Samples* samples : kCorpus)
      for (const Sample& sample : samples->all)
        check_cut<H>(samples->message, samples->rules(), sample.text());
    for (const auto samples :
         {std::span<const FramingSample>(kLengthSamples), std::span<const FramingSample>(kConflictSamples),
          std::span<const FramingSample>(kDisputedSamples), std::span<const FramingSample>(kChunkedSamples)})
      for (const FramingSample& sample : samples)
        check_cut<H>(kRequest, {}, "POST / HTTP/1.1\r\n" + std::string(sample.fields) + "\r\n");
    for (const BodySample& sample : kRequestBodySamples) check_cut<H>(kRequest, {}, std::string(sample.head));
    for (const BodySample& sample : kResponseBodySamples)
      check_cut<H>(kResponse, {}, std::string(sample.head));
  }
}

template <class H>
void check_final() {
  const std::string good = "GET / HTTP/1.1\r\nA: b\r\n\r\n", bad = "GET / FTP/1.1\r\nA: b\r\n\r\n";
  for (const std::string& text : {good, bad}) {
    H head(kRequest);
    const HttpVerdict first = parse(head, text);
    require(first.outcome != HttpOutcome::kIncomplete, "the verdict of a whole head is incomplete");
    const std::string more = text + "C: d\r\n\r\n";
    for (int i = 0; i < 3; ++i) expect<H>(parse(head, i == 0 ? text : more), first, more, "again, time", 1);
    for (int i = 0; i < 2; ++i) {  // and the next message on the same connection
      head.reset();
      const std::string next = "POST /next HTTP/1.1\r\nE: f\r\nG: h\r\n\r\n";
      const Reading reading = Reference::read(kRequest, {}, next);
      expect<H>(parse(head, next), reading.verdict, next, "after reset() number", 1);
      expect_reading(head, kRequest, reading, next, "after reset() number", 1);
    }
  }
  H head(kResponse);
  parse(head, "HTTP/1.1 200 O");
  head.reset();
  const std::string next = "HTTP/1.1 204 No\r\n\r\n";
  const Reading reading = Reference::read(kResponse, {}, next);
  expect<H>(parse(head, next), reading.verdict, next, "after reset() amid", 1);
  expect_reading(head, kResponse, reading, next, "after reset() amid", 1);
}

template <class H>
void check_pieces() {
  if constexpr (!H::kTraits.pieces) {
    absent("claims to be given everything so far");
  } else {
    const std::string text = "\r\nPOST /a HTTP/1.1\r\nHost: example\r\nX:\r\nY:  z\r\n\r\nbody";
    const Reading reading = Reference::read(kRequest, {}, text);
    for (std::size_t size = 1; size <= text.size(); ++size) {
      H head(kRequest);
      for (std::size_t begin = 0; begin < text.size(); begin += size) {
        const std::string_view piece = std::string_view(text).substr(begin, size);
        expect<H>(head.parse_more(piece), verdict_of_prefix(reading.verdict, begin + piece.size()), text,
                  "given piece by piece, of", size);
      }
      expect_reading(head, kRequest, reading, text, "given piece by piece, of", size);
    }
  }
}

template <class H>
struct FeedingClauses {
  Clause long_parts{"HH-27", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                    "Parts of any length may arrive in pieces of any length", &check_long_parts<H>};
  Clause moving{"HH-28", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                "The input may lie elsewhere at every call, and views are of the latest",
                &check_moving_input<H>};
  Clause once{"HH-29", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
              "Bytes of earlier calls are not read again, so that one byte at a time is linear",
              &check_read_once<H>};
  Clause cuts{"HH-45", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
              "Cut in two at any byte, every input has the verdict and says what it says at once",
              &check_every_cut<H>};
  Clause final{"HH-30", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
               "A verdict is final until reset(), and forgotten after it", &check_final<H>};
  Clause pieces{"HH-31", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                "parse_more() of what came says what parse() of everything says", &check_pieces<H>};
};

}  // namespace assay::suite::http_head
