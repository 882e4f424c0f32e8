// R-12 … R-15: buffers that only grow.
#pragma once

#include <cstdint>
#include <cstring>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/memory_resource/subject.h"
#include "suites/memory_resource/upstreams.h"

namespace assay::suite::memory_resource {

template <MemoryResource R>
void require_monotonic() {
  if constexpr (!kResourceTraits<R>.monotonic || !kResourceTraits<R>.takes_upstream)
    absent("claims no growing buffers over an upstream");
}

template <MemoryResource R>
void check_deallocate_keeps() {
  require_monotonic<R>();
  RecordedUpstream upstream;
  {
    const Owned<R> instance = make_instance<R>(&upstream);
    LiveMap live;
    for (const std::size_t size : Sizes{8, 100, 3000, 100'000})
      for (int i = 0; i < 8; ++i) {
        void* block = try_allocate(instance->resource(), size, 8);
        require(block != nullptr, "allocate(%zu, 8) failed", size);
        const char* problem = live.add(block, size, size, 1);  // that an earlier block is handed out again
        require(problem == nullptr, "after deallocate: %s", problem);
        const std::size_t held = upstream.pages().live_blocks();
        instance->resource().deallocate(block, size, 8);
        require(upstream.pages().live_blocks() == held, "deallocate gave a buffer back to upstream");
        problem = live.check(block);
        require(problem == nullptr, "after deallocate: %s", problem);
      }
    if constexpr (kResourceTraits<R>.releases) {
      instance->subject().release();
      require(upstream.pages().live_blocks() == 0, "after release() upstream still has %zu blocks",
              upstream.pages().live_blocks());
      require(try_allocate(instance->resource(), 5000, 8) != nullptr, "nothing can be had after release()");
    }
  }
  require(upstream.pages().live_blocks() == 0, "the destructor leaves %zu blocks of upstream behind",
          upstream.pages().live_blocks());
}

template <MemoryResource R>
void check_initial_buffer() {
  if constexpr (!kResourceTraits<R>.takes_buffer) {
    absent("takes no initial buffer");
  } else {
    constexpr std::size_t kSize = 1024, kMargin = 64;
    alignas(64) unsigned char storage[kMargin + kSize + kMargin];
    std::memset(storage, 0x5a, sizeof storage);
    unsigned char* const buffer = storage + kMargin;
    const auto inside = [=](const void* block, std::size_t size) {
      const auto* at = static_cast<const unsigned char*>(block);
      return at >= buffer && at + size <= buffer + kSize;
    };
    RecordedUpstream upstream;
    Owned<R> instance = make_instance<R>(static_cast<void*>(buffer), kSize, &upstream);
    for (int life = 0; life < 3; ++life) {
      for (int i = 0; i < 9; ++i) {
        void* block = try_allocate(instance->resource(), 100, 8);
        require(block != nullptr && inside(block, 100),
                "block %d of 100 bytes is not in the initial buffer of 1024%s", i + 1,
                life > 0 ? " after release()" : "");
        std::memset(block, 0x77, 100);
      }
      require(upstream.pages().live_blocks() == 0, "upstream was asked while the initial buffer had room");
      const void* block = try_allocate(instance->resource(), 2000, 8);
      require(block != nullptr && !inside(block, 1), "2000 bytes were not served from upstream");
      if constexpr (!kResourceTraits<R>.releases) break;
      instance->subject().release();
      require(upstream.pages().live_blocks() == 0, "release() keeps %zu blocks of upstream",
              upstream.pages().live_blocks());
    }
    instance.reset();
    require(upstream.foreign_returns() == 0, "the initial buffer was given to upstream");
    for (std::size_t i = 0; i < kMargin; ++i)
      require(storage[i] == 0x5a && storage[kMargin + kSize + i] == 0x5a,
              "bytes beside the initial buffer were written to");
  }
}

template <MemoryResource R>
void check_geometric_growth() {
  require_monotonic<R>();
  constexpr std::size_t kTotal = std::size_t{16} << 20;
  RecordedUpstream upstream;
  const Owned<R> instance = make_instance<R>(&upstream);
  std::size_t first = 0;
  for (std::size_t used = 0; used < kTotal; used += 64) {
    require(try_allocate(instance->resource(), 64, 8) != nullptr, "allocate(64, 8) failed");
    if (first == 0) first = upstream.last_size();
  }
  // Were every buffer like the first, there would be kTotal / first of them; growth by a constant step takes
  // the square root of that. Doubling takes 18 from 64 bytes on, a tenth more each time about 110.
  const std::size_t calls = upstream.pages().allocations();
  require(first >= kTotal || (upstream.last_size() >= 4 * first && calls <= 150),
          "%zu buffers for 16 MiB, from %zu to %zu bytes: they do not grow geometrically", calls, first,
          upstream.last_size());
  constexpr std::size_t kHuge = std::size_t{5} << 30;
  auto* const huge = static_cast<unsigned char*>(try_allocate(instance->resource(), kHuge, 8));
  if (huge == nullptr) {
    void* direct = try_allocate(upstream, kHuge, 8);
    require(direct == nullptr, "5 GiB, more than the next buffer, were refused where upstream has them");
    note("5 GiB of address space could not be had");
    return;
  }
  require(upstream.pages().contains(huge, kHuge), "5 GiB were served from a smaller buffer");
  huge[0] = huge[kHuge / 2] = huge[kHuge - 1] = 1;
}

// A request when `used` bytes have gone before it: what is left of the buffer may or may not suffice.
template <MemoryResource R>
void require_room_for_padding(std::size_t used, std::size_t size, std::size_t alignment) {
  RecordedUpstream upstream;
  const Owned<R> instance = make_instance<R>(&upstream);
  LiveMap live;
  const auto take = [&](std::size_t bytes, std::size_t to) {
    void* block = try_allocate(instance->resource(), bytes, to);
    require(block != nullptr, "allocate(%zu, %zu) after %zu bytes failed", bytes, to, used);
    require(upstream.pages().contains(block, bytes),
            "allocate(%zu, %zu) after %zu bytes: the block does not lie inside a buffer", bytes, to, used);
    const char* problem = live.add(block, bytes, bytes, 1);
    require(problem == nullptr, "allocate(%zu, %zu) after %zu bytes: %s", bytes, to, used, problem);
  };
  if (used > 0) take(used, 1);
  take(size, alignment);
  take(1, 1);
  take(size, alignment);
}

template <MemoryResource R>
void check_padding_is_charged() {
  require_monotonic<R>();
  struct Request {
    std::size_t size, alignment;
  };
  static constexpr Request kRequests[] = {{1024, 64}, {4096, 4096}, {1, 4096},   {64, 64},
                                          {1000, 32}, {2048, 512},  {8192, 256}, {100'000, 2048}};
  for (const auto& [size, alignment] : kRequests) {
    require_room_for_padding<R>(0, size, alignment);
    for (std::size_t used = 1; used <= 2048; used += used < 64 ? 9 : 97)
      require_room_for_padding<R>(used, size, alignment);
  }
}

}  // namespace assay::suite::memory_resource
