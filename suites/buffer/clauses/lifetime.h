// How long storage lives: as long as any handle to its bytes, and no longer. BU-15 to
// BU-22, BU-45.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "suites/buffer/subject.h"
#include "suites/core/small_stack.h"

namespace assay::suite::buffer {

// Lets what was just freed be taken by others.
inline void reuse_freed_memory(std::size_t size) {
  const Content scribbled(size, std::byte{0x77});
  asm volatile("" : : "r"(scribbled.data()) : "memory");
}

// A handle, a copy, a slice and a slice of the slice go in every order.
template <class B>
void check_orders() {
  constexpr std::size_t kSize = 200;
  const Content bytes = content(kSize);
  const View expected[] = {bytes, bytes, part(bytes, 20, 180), part(bytes, 70, 72)};
  for (const Source source : kSources) {
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    do {
      std::vector<B> handles;
      handles.push_back(make<B>(source, kSize));
      handles.push_back(handles[0]);
      handles.push_back(handles[0].slice(20, 180));
      handles.push_back(handles[2].slice(50, 52));
      for (std::size_t gone = 0; gone < 4; ++gone) {
        handles[order[gone]] = B();
        reuse_freed_memory(kSize);
        for (std::size_t left = gone + 1; left < 4; ++left)
          expect(handles[order[left]], expected[order[left]], "after other handles have gone");
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

// The parts of a mutable buffer, some of them frozen, go in every order.
template <class B>
void check_orders_of_parts() {
  constexpr std::size_t kSize = 93;
  const Content bytes = content(kSize);
  std::array<int, 4> order{0, 1, 2, 3};
  do {
    auto back = std::make_unique<typename B::Mutable>(make_mutable<B>(bytes, 10));
    auto front = std::make_unique<typename B::Mutable>(back->split_to(31));
    auto middle = std::make_unique<B>(back->split_to(31).freeze());
    auto inner = std::make_unique<B>(middle->slice(5, 25));
    for (const int gone : order) {
      if (gone == 0) front.reset();
      if (gone == 1) middle.reset();
      if (gone == 2) inner.reset();
      if (gone == 3) back.reset();
      reuse_freed_memory(kSize + 10);
      if (front) expect(*front, part(bytes, 0, 31), "of a front part, after others have gone");
      if (middle) expect(*middle, part(bytes, 31, 62), "of a frozen part, after others have gone");
      if (inner) expect(*inner, part(bytes, 36, 56), "of a slice of a frozen part, after others have gone");
      if (back) expect(*back, part(bytes, 62, 93), "of what was behind, after others have gone");
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

inline void require_owners(long expected, const char* when) {
  require(Witness::live == expected, "%s, %ld owners are alive instead of %ld", when, Witness::live,
          expected);
}

template <class B>
void check_owner() {
  const Content bytes = content(100);
  {
    B handle = B::from_owner(Parcel(bytes));
    if constexpr (B::kTraits.shares) require_owners(1, "after from_owner");
    B copy = handle, slice = handle.slice(40, 60), front = copy.split_to(10);
    expect(slice, part(bytes, 40, 60), "of an owner's bytes");
    handle = B();
    copy = B();
    front = B();
    expect(slice, part(bytes, 40, 60), "of the last handle to an owner's bytes");
    if constexpr (B::kTraits.shares) require_owners(1, "with a slice left");
    B moved = std::move(slice);
    if constexpr (B::kTraits.shares) require_owners(1, "with a moved slice left");
    moved = B();
    slice = B();
    require_owners(0, "after the last handle went");
  }
  require_owners(0, "after all handles went");
}

template <class B>
void check_inline_owner() {
  Content expected = content(Inline::kSize, 5);
  B handle;
  {
    B first = B::from_owner(Inline(5));
    if constexpr (B::kTraits.shares) {
      const Inline example(5);
      const auto offset = reinterpret_cast<std::uintptr_t>(View(example).data()) % alignof(Inline);
      require(reinterpret_cast<std::uintptr_t>(first.data()) % alignof(Inline) == offset,
              "an owner whose alignment is %zu has its bytes at %p", alignof(Inline),
              static_cast<const void*>(first.data()));
    }
    expect(first, expected, "of an owner that holds them itself");
    handle = std::move(first);
  }
  expect(handle, expected, "of an owner that holds them itself, after a move of the handle");
  const B end = handle.split_off(30);
  handle = B();
  expect(end, part(expected, 30, Inline::kSize), "of an owner that holds them itself");
  if constexpr (B::kTraits.shares) require_owners(1, "with a part left");
}

template <class B>
void check_owner_of_nothing() {
  {
    const B handle = B::from_owner(Parcel({}));
    expect(handle, {}, "of an owner of nothing");
    const B copy = handle, slice = handle.slice(0, 0);
    expect(slice, {}, "of a slice of nothing");
  }
  require_owners(0, "of no bytes, after all handles went");
  {  // an owner that is itself a handle, three deep
    B inner = B::from_owner(Parcel(content(30)));
    for (int depth = 0; depth < 3; ++depth) {
      struct Wrapped {
        B handle;
        operator View() const noexcept { return View(handle.data(), handle.size()); }
      };
      inner = B::from_owner(Wrapped{std::move(inner)});
    }
    const B slice = inner.slice(3, 9);
    inner = B();
    expect(slice, part(content(30), 3, 9), "of an owner that is a handle");
  }
  require_owners(0, "below other handles, after all handles went");
}

// Empty handles, made in every way of one that is not.
template <class B>
std::vector<B> empties_of(const B& whole) {
  const std::size_t size = whole.size();
  std::vector<B> made;
  made.push_back(whole.slice(0, 0));
  made.push_back(whole.slice(size / 2, size / 2));
  made.push_back(whole.slice(size, size));
  made.push_back(whole.slice_of(View(whole.data(), 0)));
  B copy = whole;
  made.push_back(copy.split_to(0));
  made.push_back(copy.split_off(size));
  const B all_front = copy.split_to(size);
  made.push_back(std::move(copy));
  copy = whole;
  const B all_back = copy.split_off(0);
  made.push_back(std::move(copy));
  copy = whole;
  copy.truncate(0);
  made.push_back(std::move(copy));
  copy = whole;
  copy.advance(size);
  made.push_back(std::move(copy));
  copy = whole;
  copy.clear();
  made.push_back(std::move(copy));
  copy = whole;
  const B taken = std::move(copy);
  made.push_back(copy);
  for (std::size_t i = 0, count = made.size(); i < count; ++i) {  // and of those that are
    B again = made[i];
    made.push_back(again.slice(0, 0));
    made.push_back(again.split_to(0));
    made.push_back(again.split_off(0));
    again.advance(0);
    again.truncate(0);
    made.push_back(again);
    again.clear();
    made.push_back(std::move(again));
  }
  return made;
}

template <class B>
void check_empties() {
  for (const Source source : kSources) {
    const char* name = name_of(source);
    const Content bytes = content(60);
    const B whole = make<B>(source, 60);
    for (int round = 0; round < 3; ++round) {
      std::vector<B> empties = empties_of(whole);
      for (const B& empty : empties) expect(empty, {}, name);
      while (!empties.empty()) empties.pop_back();
      reuse_freed_memory(60);
      expect(whole, bytes, "after empty handles have gone");
      if (source == Source::kOwned && B::kTraits.shares) require_owners(1, "after empty handles have gone");
    }
    if (source == Source::kOwned) {
      std::vector<B> empties;
      {
        const B owned = B::from_owner(Parcel(bytes));
        empties = empties_of(owned);
        expect(owned, bytes, "beside empty handles");
      }
      if constexpr (B::kTraits.shares)  // the whole's at least, and the other while an empty handle shares it
        require(Witness::live >= 1 && Witness::live <= 2, "with empty handles left, %ld owners are alive",
                Witness::live);
      empties.clear();
      if constexpr (B::kTraits.shares) require_owners(1, "after the empty handles have gone too");
    }
  }
  require_owners(0, "after all handles have gone");
}

template <class B>
void check_mutable_empties() {
  const Content bytes = content(60);
  auto whole = make_mutable<B>(bytes, 4);
  for (int round = 0; round < 20; ++round) {
    {
      auto none = whole.split_to(0);
      expect(none, {}, "of split_to(0)");
      const auto again = none.split();
      none.append(part(bytes, 0, 9));  // no longer empty, and in nobody's place
      expect(none, part(bytes, 0, 9), "of what was appended to an empty part");
      const B frozen = none.split_to(0).freeze();
      expect(frozen, {}, "of an empty part that was frozen");
      none.clear();
      none.unsplit(typename B::Mutable());
    }
    reuse_freed_memory(64);
    expect(whole, bytes, "after empty parts have gone");
  }
  {
    auto end = whole.split_off(60);  // with the room
    expect(end, {}, "of split_off at the end");
    const auto empty = std::move(end).freeze();
    B of_nothing = typename B::Mutable().freeze();
    expect(of_nothing, {}, "of a frozen default handle");
  }
  reuse_freed_memory(64);
  expect(whole, bytes, "after the empty end has gone");
  B frozen = std::move(whole).freeze();
  B none = frozen.split_to(0);
  static_cast<void>(std::move(none).try_into_mut());
  expect(frozen, bytes, "after try_into_mut of an empty part");
}

// As deep as there are `levels`, each the only one to know the next.
template <class B>
B nested_owners(int levels) {
  struct Level {
    B inner;
    operator View() const noexcept { return View(inner.data(), inner.size()); }
  };
  B outermost = B::from_owner(Parcel(content(30)));
  for (int i = 0; i < levels; ++i) outermost = B::from_owner(Level{std::move(outermost)});
  return outermost;
}

template <class B>
void check_nested_owners() {
  on_small_stack("the end of 100,000 owners that are handles to each other", [] {
    {
      const B outermost = nested_owners<B>(100'000);
      expect(outermost, content(30), "below 100,000 owners");
    }
    require_owners(0, "below 100,000 owners, after the last handle went");
  });
  // Several chains that end in one drop.
  on_small_stack("the end of an owner of chains of owners", [] {
    struct Chains {
      std::vector<B> chains;
      operator View() const noexcept { return static_content(3); }
    };
    {
      std::vector<B> chains;
      for (int i = 0; i < 4; ++i) chains.push_back(nested_owners<B>(10'000));
      const B all = B::from_owner(Chains{std::move(chains)});
      expect(all, static_content(3), "of an owner of chains of owners");
    }
    require_owners(0, "in chains of owners, after the last handle went");
  });
}

template <class B>
void check_given_back() {
  for (const Source source : kSources)
    require_no_growth(name_of(source), [source] {
      B whole = make<B>(source, 3000);
      const B copy = whole, slice = whole.slice(100, 2000);
      const B front = whole.split_to(700);
      B end = whole.split_off(500);
      end.truncate(20);
      end.advance(20);
      B again = end;
      again = std::move(whole);
      again.clear();
    });
  require_no_growth("a mutable buffer that was grown, split and joined", [] {
    auto whole = make_mutable<B>(content(1000));
    auto front = whole.split_to(300), end = whole.split_off(200);
    whole.append(content(3000));
    front.unsplit(std::move(whole));
    end.reserve(4000);
    end.unsplit(std::move(front));
    auto behind = end.split();
    behind.advance(100);
    end = std::move(behind);
    const B frozen = end.split_to(50).freeze();
    end.clear();
  });
  require_no_growth("a mutable buffer that grew large", [] {
    auto whole = make_mutable<B>(static_content(5000));
    whole.reserve(50'000);
    whole.reserve(200'000);
    const B front = whole.split_to(4000).freeze();
    whole.reserve(300'000);
  });
  require_all_was_seen();
}

template <class B>
struct LifetimeClauses {
  Clause orders{"BU-15", ClauseClass::kViolation, "Assay contract Z-12",
                "Copies and slices keep the bytes, in whatever order the handles go, the first one first",
                &check_orders<B>};
  Clause parts{"BU-16", ClauseClass::kViolation, "Assay contract Z-12",
               "Parts of a mutable buffer, frozen or not, keep their bytes in whatever order they go",
               &check_orders_of_parts<B>};
  Clause owner{"BU-17", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_owner",
               "An owner lives as long as any handle to its bytes, and the last one destroys it, once",
               &check_owner<B>};
  Clause inline_owner{"BU-18", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_owner",
                      "The bytes of an owner are those that it has where it stays", &check_inline_owner<B>};
  Clause nothing{"BU-19", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_owner",
                 "An owner of no bytes, and one that is a handle itself, are destroyed once too",
                 &check_owner_of_nothing<B>};
  Clause empties{"BU-20", ClauseClass::kViolation, "Assay contract Z-13; netty #3260, #4368",
                 "Empty handles, wherever they come from, neither end the storage nor keep it for ever",
                 &check_empties<B>};
  Clause mutable_empties{"BU-21", ClauseClass::kViolation, "Assay contract Z-13",
                         "Empty parts of a mutable buffer leave the others their bytes",
                         &check_mutable_empties<B>};
  Clause given_back{"BU-22", ClauseClass::kViolation, "zerocopy/buffer_concept.h",
                    "All storage is given back when the last handle has gone", &check_given_back<B>};
  Clause nested{"BU-45", ClauseClass::kQuality, "zerocopy/buffer_concept.h: from_owner",
                "Owners that are handles to owners, 100,000 deep, end on a stack of 256 KiB",
                &check_nested_owners<B>};
};

}  // namespace assay::suite::buffer
