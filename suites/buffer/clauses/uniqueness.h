// Who is alone with the bytes, and may write them again. BU-23 to BU-26.
#pragma once

#include <optional>

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

// Static bytes have no owner, and who is alone with them is not said.
template <class Check>
void for_each_owned_source(const Check& check) {
  for (const Source source : kSources)
    if (source != Source::kStatic) check(source);
}

template <class B>
void expect_unique(const B& handle, bool unique, const char* when) {
  require(handle.is_unique() == unique, "%s, is_unique() says %d", when, handle.is_unique());
}

template <class B>
void check_unique() {
  for_each_owned_source([](Source source) {
    for (const std::size_t size : {1u, 20u, 5000u}) {
      B handle = make<B>(source, size);
      expect_unique(handle, true, name_of(source));
      {
        const B copy = handle;
        if constexpr (B::kTraits.shares) {
          expect_unique(handle, false, "with a copy");
          expect_unique(copy, false, "of a copy");
        }
      }
      expect_unique(handle, true, "after the copy went");
      {
        const B slice = handle.slice(0, 1);
        if constexpr (B::kTraits.shares) expect_unique(handle, false, "with a slice");
        handle = B();
        expect_unique(slice, true, "of a slice that is left alone");
        handle = slice;
      }
      expect_unique(handle, true, "after the slice it came from went");
      const B moved = std::move(handle);
      expect_unique(moved, true, "after a move");
      handle = moved;
      handle = B::copy_of(content(3));
      expect_unique(moved, true, "after the copy was assigned to");
      expect_unique(handle, true, "assigned other bytes");
    }
  });
}

template <class B>
void check_unique_parts() {
  if constexpr (!B::kTraits.shares) absent("claims no shared storage");
  for_each_owned_source([](Source source) {
    B rest = make<B>(source, 30);
    {
      const B front = rest.split_to(10), end = rest.split_off(10);
      expect_unique(front, false, "of a front part");
      expect_unique(rest, false, "of a middle part");
      expect_unique(end, false, "of an end");
    }
    expect_unique(rest, true, "of a part, after the others went");
  });
  std::optional<B> front;
  {
    auto behind = make_mutable<B>(content(40), 50);
    front = behind.split_to(10).freeze();
    expect_unique(*front, false, "beside a mutable part");
    behind.clear();
    if (behind.capacity() > 0) expect_unique(*front, false, "beside a mutable part that has room only");
  }
  expect_unique(*front, true, "after the mutable part went");
}

template <class B>
void check_regained() {
  using Mutable = typename B::Mutable;
  const Content bytes = content(100);
  B handle = make_mutable<B>(bytes, 28).freeze();
  const std::byte* address = handle.data();
  if constexpr (B::kTraits.shares) {
    B copy = handle;
    require(!std::move(handle).try_into_mut().has_value(), "try_into_mut succeeded beside a copy");
    expect(handle, bytes, "after try_into_mut was refused");
    expect_at<B>(handle, address, "after try_into_mut was refused");
    expect(copy, bytes, "of the copy, after try_into_mut was refused");
    expect_unique(copy, false, "after try_into_mut was refused");
    const B slice = copy.slice(50, 51);
    copy = B();
    require(!std::move(handle).try_into_mut().has_value(), "try_into_mut succeeded beside a slice");
    expect(handle, bytes, "after try_into_mut was refused");
  }
  B part_of_it = handle.slice(10, 60);
  handle = B();
  std::optional<Mutable> again = std::move(part_of_it).try_into_mut();
  require(again.has_value(), "try_into_mut of the only handle was refused");
  expect(*again, part(bytes, 10, 60), "after try_into_mut");
  expect_at<B>(*again, address + 10, "after try_into_mut");
  expect(part_of_it, {}, "of the handle that became mutable");
  for (std::size_t i = 0; i < 50; ++i) again->data()[i] = std::byte{0x3c};
  again->append(part(bytes, 0, 100));
  Content expected(50, std::byte{0x3c});
  expected.insert(expected.end(), bytes.begin(), bytes.end());
  expect(*again, expected, "after it was written to");
  const B frozen = std::move(*again).freeze();
  expect(frozen, expected, "frozen again");
  for (const Source source : {Source::kFrozen, Source::kFront, Source::kAdvanced, Source::kRegained}) {
    B whole = make<B>(source, 33);
    again = std::move(whole).try_into_mut();
    require(again.has_value(), "try_into_mut of the only handle from %s was refused", name_of(source));
    expect(*again, content(33), name_of(source));
    again->append(bytes);
    require(find_damage(again->data(), 33, 1) == kIntact, "what was regained lost bytes when it grew");
  }
}

template <class B>
void check_never_regained() {
  const auto refuse = [](B handle, const char* name) {
    const Content bytes(handle.data(), handle.data() + handle.size());
    const std::byte* address = handle.data();
    require(!std::move(handle).try_into_mut().has_value(), "try_into_mut of %s succeeded", name);
    expect(handle, bytes, name);
    expect_at<B>(handle, address, name);
  };
  refuse(B::from_static(static_content(50)), "static bytes");
  refuse(B::from_static(static_content(50)).slice(1, 9), "a slice of static bytes");
  refuse(B::from_owner(Parcel(content(50))), "an owner's bytes");
  refuse(B::from_owner(Parcel(content(50))).slice(1, 9), "a slice of an owner's bytes");
  require(find_damage(static_content(50).data(), 50, 1) == kIntact, "static bytes were written to");
  B copied = B::copy_of(content(50));  // may be a Mutable's storage or not
  if (auto again = std::move(copied).try_into_mut())
    expect(*again, content(50), "after try_into_mut of copy_of");
  else
    expect(copied, content(50), "after try_into_mut of copy_of was refused");
}

template <class B>
struct UniquenessClauses {
  Clause unique{"BU-23", ClauseClass::kViolation, "Assay contract Z-15",
                "is_unique says whether another handle shares the storage, through copies and slices",
                &check_unique<B>};
  Clause parts{"BU-24", ClauseClass::kViolation, "Assay contract Z-15",
               "A part is not unique while another part, shared or mutable, is left", &check_unique_parts<B>};
  Clause regained{"BU-25", ClauseClass::kViolation, "Assay contract Z-15; bytes #718",
                  "try_into_mut gives the only handle its bytes to write, where they lie, and no other",
                  &check_regained<B>};
  Clause never{"BU-26", ClauseClass::kViolation, "zerocopy/buffer_concept.h: try_into_mut",
               "Static bytes and those of an owner never become mutable, and stay as they are",
               &check_never_regained<B>};
};

}  // namespace assay::suite::buffer
