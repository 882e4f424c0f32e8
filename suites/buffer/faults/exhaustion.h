// Memory that ends and does not come back: a program goes on with what it has, and the kernel has no more.
#pragma once

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>
#include <new>
#include <utility>

#include "suites/buffer/subject.h"
#include "suites/core/footprint.h"

namespace assay::suite::buffer {

// A program that goes on with what it has. All its bytes are windows of the static ones.
template <class B>
class Script {
 public:
  void run() {
    for (std::size_t round = 0; round < 12; ++round) {
      const std::size_t n = 30 + 40 * round;
      if (attempt([&] { open_.append(static_content(end_ + n).subspan(end_)); })) end_ += n;
      if (round % 3 == 0) attempt([&] { open_.reserve(500 * round); });
      if (round % 2 == 1) give_away((end_ - begin_) / 2, round);
      attempt([&] {
        B& to = pieces_[(round + 3) % kPieces];
        B copy = pieces_[round % kPieces];
        to = std::move(copy);
        windows_[(round + 3) % kPieces] = windows_[round % kPieces];
      });
      check();
    }
  }

  void check() const {
    expect(open_, static_content(end_).subspan(begin_), "of the buffer that is written");
    for (std::size_t i = 0; i < kPieces; ++i) expect(pieces_[i], windows_[i], "of a piece");
  }

  bool attempt(const auto& operation) {
    try {
      operation();
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

 private:
  static constexpr std::size_t kPieces = 5;

  void give_away(std::size_t n, std::size_t round) {
    typename B::Mutable front;
    if (!attempt([&] { front = open_.split_to(n); })) return;
    const View window = static_content(end_).subspan(begin_, n);
    begin_ += n;
    B piece;
    if (!attempt([&] { piece = std::move(front).freeze(); })) return expect(front, window, "not frozen");
    pieces_[round % kPieces] = std::move(piece);
    windows_[round % kPieces] = window;
  }

  typename B::Mutable open_;
  std::size_t begin_ = 0, end_ = 0;
  B pieces_[kPieces];
  View windows_[kPieces];
};

template <class B>
void check_exhaustion() {
  long blocks = Heap::live_blocks();
  for (long step = 0;; ++step) {
    {
      Script<B> script;
      Heap::fail_after(step);
      script.run();
      const bool failed = Heap::never_fail();
      script.check();
      if (!failed) break;
    }
    if (step == 0) blocks = Heap::live_blocks();
    require(Heap::live_blocks() <= blocks, "memory that ended at allocation %ld left %ld blocks", step,
            Heap::live_blocks() - blocks);
  }
  require_all_was_seen();
}

// Storages that are too large for operator new to be the only way to them: the kernel refuses.
template <class B>
void check_refusing_kernel() {
  constexpr std::size_t kSize = std::size_t{1} << 20, kMore = std::size_t{256} << 20;
  if (mapped_bytes() > (std::size_t{1} << 40)) skipped("a sanitizer has taken all addresses");
  const Content bytes = content(kSize);
  void* const source = mmap(nullptr, kMore, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (source == MAP_FAILED) skipped("there are no %zu bytes of addresses", kMore);
  const View much(static_cast<const std::byte*>(source), kMore);

  auto alone = make_mutable<B>(bytes), rest = make_mutable<B>(bytes);
  const B front = rest.split_to(kSize / 2).freeze();
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  const rlimit least{mapped_bytes() + (std::size_t{8} << 20), limit.rlim_max};
  if (setrlimit(RLIMIT_AS, &least) != 0) skipped("setrlimit failed");
  const auto refuse = [&](const char* what, auto& handle, View expected, const auto& operation) {
    const std::byte* address = handle.data();
    const std::size_t capacity = handle.capacity();
    bool refused = false;
    try {
      operation(handle);
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    require(refused, "%s of 256 MiB succeeded, with 8 MiB of addresses left", what);
    require(handle.data() == address && handle.capacity() == capacity, "%s failed and changed the handle",
            what);
    expect(handle, expected, what);
    expect(front, View(bytes).first(kSize / 2), what);
  };
  const auto refuse_all = [&](auto& handle, View expected) {
    refuse("reserve", handle, expected, [](auto& of) { of.reserve(kMore); });
    refuse("append", handle, expected, [=](auto& of) { of.append(much); });
    refuse("resize", handle, expected, [](auto& of) { of.resize(kMore, std::byte{1}); });
    refuse("with_capacity", handle, expected, [](auto& of) { of = B::Mutable::with_capacity(kMore); });
    refuse("copy_of", handle, expected, [=](auto&) { B::copy_of(much); });
  };
  refuse_all(alone, bytes);
  refuse_all(rest, View(bytes).subspan(kSize / 2));
  alone.advance(kSize / 2);  // beside room that it may reclaim
  refuse_all(alone, View(bytes).subspan(kSize / 2));
  setrlimit(RLIMIT_AS, &limit);
  alone.reserve(kSize);
  expect(alone, View(bytes).subspan(kSize / 2), "after memory came back");
}

}  // namespace assay::suite::buffer
