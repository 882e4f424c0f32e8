// Parts of shared bytes: which bytes they are, where they lie, and ranges that are none. BU-07 to BU-14.
#pragma once

#include "suites/buffer/subject.h"
#include "suites/core/trap.h"

namespace assay::suite::buffer {

// Every cut of a few sizes, and the ends and the middle of larger ones.
template <class Check>
void for_each_cut(const Check& check) {
  for (const Source source : kSources) {
    for (const std::size_t size : {1u, 2u, 5u, 17u})
      for (std::size_t n = 0; n <= size; ++n) check(source, size, n);
    for (const std::size_t size : {64u, 255u, 4096u})
      for (const std::size_t n : {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size})
        check(source, size, n);
  }
}

template <class B>
void check_slice() {
  for (const Source source : kSources) {
    for (const std::size_t size : {1u, 2u, 17u, 40u}) {
      const Content bytes = content(size);
      const B whole = make<B>(source, size);
      for (std::size_t begin = 0; begin <= size; ++begin) {
        for (std::size_t end = begin; end <= size; ++end) {
          const B made = whole.slice(begin, end);
          expect(made, part(bytes, begin, end), "of a slice");
          expect_at<B>(made, whole.data() + begin, "of a slice");
          if (end - begin < 3) continue;
          const B inner = made.slice(1, made.size() - 1);
          expect(inner, part(bytes, begin + 1, end - 1), "of a slice of a slice");
          expect_at<B>(inner, whole.data() + begin + 1, "of a slice of a slice");
        }
      }
      expect(whole, bytes, "after it was sliced");
    }
  }
  expect(B().slice(0, 0), {}, "of the slice of an empty handle");
}

template <class B>
void check_slice_of() {
  for (const Source source : kSources) {
    const Content bytes = content(50);
    const B whole = make<B>(source, 50), inner = whole.slice(10, 40);
    for (const std::size_t begin : {0u, 1u, 15u, 29u})
      for (const std::size_t end : {1u, 2u, 16u, 29u, 30u}) {
        if (end < begin) continue;
        const B made = inner.slice_of(View(inner.data() + begin, end - begin));
        expect(made, part(bytes, 10 + begin, 10 + end), "of slice_of");
        expect_at<B>(made, inner.data() + begin, "of slice_of");
      }
    expect(whole.slice_of(View(whole.data(), 50)), bytes, "of slice_of all");
    expect(whole.slice_of(View(whole.data() + 50, 0)), {}, "of slice_of nothing, at the end");
  }
}

template <class B>
void check_splits() {
  for_each_cut([](Source source, std::size_t size, std::size_t n) {
    const Content bytes = content(size);
    B rest = make<B>(source, size);
    const std::byte* address = rest.data();
    const B front = rest.split_to(n);
    expect(front, part(bytes, 0, n), "returned by split_to");
    expect(rest, part(bytes, n, size), "left by split_to");
    expect_at<B>(front, address, "returned by split_to");
    expect_at<B>(rest, address + n, "left by split_to");
    B begin = make<B>(source, size);
    address = begin.data();
    const B end = begin.split_off(n);
    expect(begin, part(bytes, 0, n), "left by split_off");
    expect(end, part(bytes, n, size), "returned by split_off");
    expect_at<B>(begin, address, "left by split_off");
    expect_at<B>(end, address + n, "returned by split_off");
  });
}

template <class B>
void check_shortening() {
  for_each_cut([](Source source, std::size_t size, std::size_t n) {
    const Content bytes = content(size);
    const B whole = make<B>(source, size);
    B handle = whole;
    handle.truncate(n);
    expect(handle, part(bytes, 0, n), "after truncate");
    expect_at<B>(handle, whole.data(), "after truncate");
    handle = whole;
    handle.advance(n);
    expect(handle, part(bytes, n, size), "after advance");
    expect_at<B>(handle, whole.data() + n, "after advance");
    handle.clear();
    expect(handle, {}, "after clear");
    expect(whole, bytes, "after a copy was shortened");
  });
}

// Of every source, in a child each; `misuse` gets a handle to bytes 8 … 24 of 40.
template <class B, class Misuse>
void require_all_trapped(const char* what, const Misuse& misuse) {
  for (const Source source : kSources)
    require_trap(what, [&] {
      const B whole = make<B>(source, 40);
      B handle = whole.slice(8, 24);
      misuse(handle);
    });
}

template <class B>
void check_wrong_slices() {
  require_all_trapped<B>("slice() beyond the end", [](B& handle) { handle.slice(3, 17); });
  require_all_trapped<B>("slice() that begins beyond the end", [](B& handle) { handle.slice(17, 17); });
  require_all_trapped<B>("slice() that ends before it begins", [](B& handle) { handle.slice(5, 4); });
  require_trap("slice() to the largest index", [] { make<B>(Source::kCopied, 16).slice(1, SIZE_MAX); });
  require_trap("slice() from the largest index", [] { make<B>(Source::kCopied, 16).slice(SIZE_MAX, 2); });
  require_trap("slice() of an empty handle", [] { B().slice(0, 1); });
}

template <class B>
void check_wrong_splits() {
  require_all_trapped<B>("split_to() beyond the end", [](B& handle) { handle.split_to(17); });
  require_all_trapped<B>("split_off() beyond the end", [](B& handle) { handle.split_off(17); });
  require_all_trapped<B>("advance() beyond the end", [](B& handle) { handle.advance(17); });
  require_trap("split_to(SIZE_MAX)", [] { make<B>(Source::kFrozen, 16).split_to(SIZE_MAX); });
  require_trap("split_off(SIZE_MAX)", [] { make<B>(Source::kFrozen, 16).split_off(SIZE_MAX); });
  require_trap("advance(SIZE_MAX)", [] { make<B>(Source::kFrozen, 16).advance(SIZE_MAX); });
  require_trap("split_to() of an empty handle", [] { B().split_to(1); });
  require_trap("advance() of an empty handle", [] { B().advance(1); });
}

template <class B>
void check_foreign_parts() {
  static std::byte foreign[64];
  require_all_trapped<B>("slice_of() of other memory", [](B& handle) { handle.slice_of(View(foreign, 8)); });
  require_all_trapped<B>("slice_of() that ends behind these bytes",
                         [](B& handle) { handle.slice_of(View(handle.data() + 10, 7)); });
  require_all_trapped<B>("slice_of() that begins before these bytes",
                         [](B& handle) { handle.slice_of(View(handle.data() - 1, 4)); });
  require_all_trapped<B>("slice_of() of the storage behind these bytes",
                         [](B& handle) { handle.slice_of(View(handle.data() + 17, 3)); });
  require_trap("slice_of() of a size that wraps", [] {
    const B handle = make<B>(Source::kFrozen, 16);
    handle.slice_of(View(handle.data() + 4, SIZE_MAX - 2));
  });
}

template <class H>
void truncate_too_far(H& handle, bool& traps, bool& returns) {
  const std::size_t size = handle.size();
  const Ending ending = run_forked([&] {
    const CapturedOutput output;
    handle.truncate(size + 1);
    _exit(handle.size() == size ? 0 : 3);
  });
  require(ending.code != 3, "truncate() beyond the size changed it");
  require(ending.clean() || ending.signal == SIGABRT, "truncate() beyond the size: %s", describe(ending));
  (ending.signal == 0 ? returns : traps) = true;
}

template <class B>
void check_truncate_beyond() {
  bool traps = false, returns = false;
  B handle = make<B>(Source::kFrozen, 16).slice(2, 10);
  truncate_too_far(handle, traps, returns);
  auto mutable_handle = make_mutable<B>(content(16), 16);
  truncate_too_far(mutable_handle, traps, returns);
  chose("%s", traps ? returns ? "one kind traps, the other changes nothing" : "traps" : "changes nothing");
}

template <class B>
struct RangeClauses {
  Clause slice{"BU-07", ClauseClass::kViolation, "Assay contract Z-14",
               "slice(begin, end) is exactly those bytes where they lie, for every begin and end",
               &check_slice<B>};
  Clause slice_of{"BU-08", ClauseClass::kViolation, "zerocopy/buffer_concept.h: slice_of",
                  "slice_of makes of a view of these bytes a handle to them", &check_slice_of<B>};
  Clause splits{"BU-09", ClauseClass::kViolation, "Assay contract Z-14",
                "split_to and split_off part the bytes exactly and move none", &check_splits<B>};
  Clause shortening{"BU-10", ClauseClass::kViolation, "Assay contract Z-14",
                    "truncate, advance and clear shorten one handle, exactly, and no other",
                    &check_shortening<B>};
  Clause wrong_slices{"BU-11", ClauseClass::kViolation, "zerocopy/buffer_concept.h: misuse",
                      "A slice whose range is none ends the program and names the invariant",
                      &check_wrong_slices<B>};
  Clause wrong_splits{"BU-12", ClauseClass::kViolation, "zerocopy/buffer_concept.h: misuse",
                      "A split or an advance beyond the size ends the program and names the invariant",
                      &check_wrong_splits<B>};
  Clause foreign{"BU-13", ClauseClass::kViolation, "zerocopy/buffer_concept.h: misuse",
                 "slice_of memory that is not within these bytes ends the program and names the invariant",
                 &check_foreign_parts<B>};
  Clause truncate{"BU-14", ClauseClass::kImplementation, "zerocopy/buffer_concept.h: truncate",
                  "truncate beyond the size traps or changes nothing", &check_truncate_beyond<B>};
};

}  // namespace assay::suite::buffer
