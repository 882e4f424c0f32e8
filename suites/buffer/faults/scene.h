// Handles of every kind, and operations on them whose n-th allocation fails.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

constexpr std::size_t kLarge = std::size_t{1} << 20;  // large for who tells small storages from large ones

// Handles of every kind, and what they were before an operation failed.
template <class B>
struct Scene {
  using Mutable = typename B::Mutable;

  static constexpr std::size_t kSize = 300;
  static constexpr std::size_t kRoom = 200'000;  // of a storage that is large for who tells them apart

  Scene()
      : behind(make_mutable<B>(static_content(kSize), 20)),
        alone(make_mutable<B>(static_content(kSize))),
        large(make_mutable<B>(static_content(kSize), kRoom)) {
    front = behind.split_to(100);
    for (B* handle : {&copied, &owned, &frozen, &part_of}) before.of(*handle);
    for (const Mutable* handle : {&behind, &alone, &large, &front, &none}) before.of(*handle);
  }

  void expect_kept(const char* operation) const {
    Record now;
    for (const B* handle : {&copied, &owned, &frozen, &part_of}) now.of(*handle);
    for (const Mutable* handle : {&behind, &alone, &large, &front, &none}) now.of(*handle);
    for (std::size_t i = 0; i < Record::kMost; ++i)
      require(now.handles[i] == before.handles[i], "%s failed and changed handle %zu", operation, i);
    const View bytes = static_content(kSize);
    expect(copied, bytes, operation);
    expect(owned, bytes, operation);
    expect(frozen, bytes, operation);
    expect(part_of, bytes.subspan(50, 100), operation);
    expect(front, bytes.first(100), operation);
    expect(behind, bytes.subspan(100), operation);
    expect(alone, bytes, operation);
    expect(large, bytes, operation);
  }

  B copied = B::copy_of(static_content(kSize));
  B owned = B::from_owner(Parcel(static_content(kSize)));
  B frozen = make_mutable<B>(static_content(kSize)).freeze();
  B part_of = make_mutable<B>(static_content(kSize)).freeze().slice(50, 150);
  Mutable behind, alone, large, front, none;

 private:
  struct Handle {
    const std::byte* data;
    std::size_t size, capacity;
    friend bool operator==(const Handle&, const Handle&) = default;
  };
  struct Record {
    static constexpr std::size_t kMost = 9;
    Handle handles[kMost] = {};
    std::size_t count = 0;
    void of(const B& handle) { handles[count++] = {handle.data(), handle.size(), 0}; }
    void of(const Mutable& handle) { handles[count++] = {handle.data(), handle.size(), handle.capacity()}; }
  };
  Record before;
};

// The operation says whether what it is for was done: one that returns without is as bad as one that throws
// and has changed something.
template <class B, class Operation>
void fail_at_every_allocation(const char* name, const Operation& operation) {
  const auto once = [&] {
    for (long step = 0;; ++step) {
      bool threw = false, failed = false, done = false;
      {
        Scene<B> scene;
        Heap::fail_after(step);
        try {
          done = operation(scene);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        failed = Heap::never_fail();
        require(failed || !threw, "%s threw bad_alloc with no allocation refused", name);
        require(threw || done, "%s returned without having been done when allocation %ld failed", name, step);
        if (threw) scene.expect_kept(name);
      }
      require(Witness::live == 0, "after %s failed at allocation %ld, %ld owners are left", name, step,
              Witness::live);
      if (!failed) return;
    }
  };
  once();
  const long blocks = Heap::live_blocks();
  for (int i = 0; i < 5; ++i) once();
  require(Heap::live_blocks() == blocks, "after %s failed, %ld blocks are left", name,
          Heap::live_blocks() - blocks);
}

inline bool are_same(View a, View b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
template <class H>
View view_of(const H& handle) {
  return {handle.data(), handle.size()};
}

}  // namespace assay::suite::buffer
