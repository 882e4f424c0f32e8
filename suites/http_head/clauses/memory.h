// Where views lie and what keeps them: HH-32, HH-33, HH-39, HH-40, HH-44.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/mapped_memory.h"
#include "suites/core/trap.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

template <class H>
void check_identity() {
  if constexpr (!H::kTraits.zero_copy) {
    absent("claims no views of the input");
  } else {
    const std::string text = "PUT /target HTTP/1.1\r\nHost: example\r\nEmpty:\r\nLast:  value \r\n\r\nbody";
    const auto require_at = [&text](const char* what, std::string_view view, const char* wanted) {
      require(view.data() == text.data() + text.find(wanted), "%s was copied", what);
    };
    for (const std::size_t step : {text.size(), std::size_t{5}, std::size_t{1}}) {
      if (!H::kTraits.incremental && step != text.size()) continue;
      H head(kRequest);
      for (std::size_t n = step; n < text.size(); n += step) parse(head, std::string_view(text).substr(0, n));
      parse(head, text);
      if constexpr (H::kTraits.any_method) require_at("the method", head.method(), "PUT");
      require_at("the target", head.target(), "/target");
      require(head.size() == 3, "%zu fields instead of 3", head.size());
      require_at("the first name", head.field(0).name, "Host");
      require_at("the first value", head.field(0).value, "example");
      require_at("a name", head.field(1).name, "Empty");
      require_at("the last name", head.field(2).name, "Last");
      require_at("the last value", head.field(2).value, "value");
    }
    const std::string response = "HTTP/1.1 200 Reason\r\nA: b\r\n\r\n";
    H head(kResponse);
    parse(head, response);
    require(head.reason().data() == response.data() + 13, "the reason was copied");
    require(head.field(0).value.data() == response.data() + 24, "a value was copied");
  }
}

// A page between two that nobody may touch, and that can be read only while a text lies in it.
class GuardedPage {
 public:
  GuardedPage() : memory_(static_cast<char*>(map_memory(3 * page_))) {
    if (mprotect(memory_, page_, PROT_NONE) != 0 || mprotect(memory_ + 2 * page_, page_, PROT_NONE) != 0)
      skipped("mprotect failed");
  }
  GuardedPage(const GuardedPage&) = delete;
  ~GuardedPage() { munmap(memory_, 3 * page_); }

  std::string_view place(std::string_view text, bool at_end) {
    char* const place = memory_ + page_ + (at_end ? page_ - text.size() : 0);
    protect(PROT_READ | PROT_WRITE);
    std::memcpy(place, text.data(), text.size());
    protect(PROT_READ);
    return {place, text.size()};
  }

 private:
  void protect(int protection) {
    if (mprotect(memory_ + page_, page_, protection) != 0) skipped("mprotect failed");
  }
  const std::size_t page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  char* memory_;
};

template <class H>
void check_bounds() {
  std::string request = "\r\nGET /0123456789abcdefghijk HTTP/1.1\r\nHost: 0123456789abcdef0123456789\r\n";
  request += "A-Name-Of-More-Than-A-Vector: b\r\nE:\r\n\r\n";
  const std::string response = "HTTP/1.1 200 A reason of some length\r\nA: b\r\n\r\n";
  std::size_t& size = shared_with_children<std::size_t>();
  const Ending ending = run_forked([&] {
    GuardedPage page;
    for (const bool at_end : {true, false}) {
      for (const HttpMessage message : {kRequest, kResponse}) {
        const std::string& text = message == kRequest ? request : response;
        const Reading reading = Reference::read(message, {}, text);
        for (size = 1; size <= text.size(); ++size) {
          const std::string_view input = page.place(std::string_view(text).substr(0, size), at_end);
          H head(message);
          const HttpVerdict verdict = parse(head, input);
          expect<H>(verdict, verdict_of_prefix(reading.verdict, size), text, "between guards, bytes:", size);
          if (size == text.size()) expect_reading(head, message, reading, text, "between guards", size);
        }
      }
    }
  });
  require(ending.clean(), "%s: more than the %zu bytes given were touched, or they were written",
          describe(ending), size);
}

// An owner of text that notes its end.
struct NotingOwner {
  std::unique_ptr<std::string> text;
  bool* ended;

  NotingOwner(std::string_view from, bool& note) : text(new std::string(from)), ended(&note) {}
  NotingOwner(NotingOwner&&) noexcept = default;
  ~NotingOwner() {
    if (text != nullptr) *ended = true;
  }
  operator std::span<const std::byte>() const noexcept { return std::as_bytes(std::span(*text)); }
};

template <class H>
void check_sharing() {
  if constexpr (!H::kTraits.shares) {
    absent("claims views only");
  } else {
    using B = typename H::Buffer;
    bool ended = false;
    const std::string_view text = "GET /kept HTTP/1.1\r\nHost: example\r\nEmpty:\r\n\r\nbody";
    std::optional<B> all(B::from_owner(NotingOwner(text, ended)));
    const auto* const base = all->data();
    std::optional<H> head(std::in_place, kRequest);
    require(head->parse(*all).outcome == HttpOutcome::kComplete, "the head is not complete");
    all.reset();
    require(!ended, "the bytes ended with the caller's handle, but the head has views of them");
    require(head->field(0).value == "example", "a view changed when the caller's handle ended");
    std::optional<B> value(head->slice(head->field(0).value)), target(head->slice(head->target()));
    require(value->data() == base + text.find("example") && value->size() == 7,
            "the slice of a value is not where the value is");
    require(target->data() == base + 4 && target->size() == 5,
            "the slice of the target is not where the target is");
    require(head->slice(head->field(1).value).size() == 0, "the slice of an empty value is not empty");
    head.reset();
    require(!ended, "the bytes ended with the head, but slices of them are left");
    require(std::memcmp(value->data(), "example", 7) == 0, "a slice changed when the head ended");
    value.reset();
    require(!ended, "the bytes ended with one slice, but another one is left");
    target.reset();
    require(ended, "the bytes outlive the head and all slices");

    ended = false;
    H again(kRequest);
    again.parse(B::from_owner(NotingOwner(text, ended)));
    require(!ended, "the bytes ended, but the head has views of them");
    again.reset();
    require(ended, "the bytes outlive reset()");
  }
}

// So that what fills the buffer stays its only owner, and need not copy it to go on.
template <class H>
void check_letting_go() {
  if constexpr (!H::kTraits.shares) {
    absent("claims views only");
  } else {
    using B = typename H::Buffer;
    const std::string_view text = "GET /kept HTTP/1.1\r\nHost: example\r\n\r\n";
    H head(kRequest);
    for (std::size_t size = 1; size < text.size(); ++size) {
      bool ended = false;
      head.parse(B::from_owner(NotingOwner(text.substr(0, size), ended)));
      require(ended, "the first %zu bytes outlive parse(), though the head is incomplete", size);
    }
    H refusing(kRequest);
    bool ended = false;
    refusing.parse(B::from_owner(NotingOwner("GET : FTP\r\n\r\n", ended)));
    require(ended, "the bytes of a refused head outlive parse()");
  }
}

template <class H>
void check_misuse() {
  if constexpr (!H::kTraits.traps_misuse) {
    absent("claims no traps");
  } else {
    const std::string text = "GET / HTTP/1.1\r\nA: b";
    require_trap("parse() with fewer bytes than before", [&text] {
      H head(kRequest);
      parse(head, text);
      parse(head, std::string_view(text).substr(0, 5));
    });
    const std::string whole_head = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
    require_trap("a field that there is not", [&whole_head] {
      H head(kRequest);
      parse(head, whole_head);
      head.field(1);
    });
    if constexpr (H::kTraits.pieces) {
      require_trap("parse_more() of bytes that lie elsewhere", [&text] {
        H head(kRequest);
        head.parse_more(std::string_view(text).substr(0, 5));
        head.parse_more(std::string_view(text).substr(6));
      });
    }
  }
}

template <class H>
struct MemoryClauses {
  Clause identity{"HH-32", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                  "Every view lies where the text lies: nothing is copied", &check_identity<H>};
  Clause bounds{"HH-33", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                "No byte outside the input is read, and none inside is written", &check_bounds<H>};
  Clause sharing{"HH-39", ClauseClass::kViolation, "Assay contract Z-12",
                 "The head and its slices keep the bytes alive, and nothing else does", &check_sharing<H>};
  Clause misuse{"HH-40", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                "Fewer bytes than before, a piece from elsewhere, a field beyond the last end the program",
                &check_misuse<H>};
  Clause letting_go{"HH-44", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                    "A head keeps bytes alive only when it is complete", &check_letting_go<H>};
};

}  // namespace assay::suite::http_head
