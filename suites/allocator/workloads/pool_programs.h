// Programs that live on blocks of one size: the connection table of a server, the ring of a driver, the
// message pool of firmware.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allocators/concept.h"
#include "suites/allocator/workloads/fitted.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

// The table of an event loop: descriptors index it, the lowest free one is taken by accept, as the kernel
// does. A step handles a burst of events (each reads and updates a connection's state), accepts some and
// closes some. One operation is one accept with its close.
template <Allocator A>
class ConnectionTable : public Workload {
 public:
  explicit ConnectionTable(const Settings& settings)
      : most_(settings.scaled(2'000)),
        seed_(settings.seed),
        fitted_(sizeof(Connection), most_),
        table_(harness_array<Connection*>(most_)),
        free_(harness_array<std::uint32_t>(most_)) {
    operations = settings.repeated(60'000);
    peak_live = most_ * sizeof(Connection);
  }

  std::uint64_t pass() override {
    Random random(seed_);
    std::uint64_t checksum = 0;
    std::size_t accepted = 0, live = 0;
    for (std::size_t i = 0; i < most_; ++i) free_[i] = static_cast<std::uint32_t>(most_ - 1 - i);
    while (accepted < operations || live > 0) {
      for (std::size_t burst = random.below(8); burst > 0 && accepted < operations && live < most_; --burst)
        open(free_[most_ - 1 - live++], accepted++);
      for (std::size_t event = 0; event < 16; ++event) {
        Connection* connection = table_[random.below(most_)];
        if (connection == nullptr) continue;
        connection->bytes += event + 1;
        ++connection->events;
      }
      for (std::size_t burst = random.below(accepted < operations ? 8 : 64); burst > 0 && live > 0; --burst) {
        const std::size_t descriptor = random.below(most_);
        if (table_[descriptor] == nullptr && accepted < operations) continue;
        checksum = close(live, descriptor, checksum);
      }
    }
    return checksum;
  }

 private:
  struct Connection {
    std::uint64_t mark;
    std::uint64_t number, bytes, events;
    unsigned char state[288];  // parser position, timers, addresses: 320 bytes in all
  };

  void open(std::size_t descriptor, std::size_t number) {
    auto* connection = static_cast<Connection*>(fitted_.take(sizeof(Connection), number));
    connection->number = number;
    connection->bytes = connection->events = 0;
    table_[descriptor] = connection;
  }

  // The connection at `from` or the first after it, in a circle.
  std::uint64_t close(std::size_t& live, std::size_t from, std::uint64_t checksum) {
    while (table_[from] == nullptr) from = from + 1 == most_ ? 0 : from + 1;
    Connection* connection = table_[from];
    table_[from] = nullptr;
    free_[most_ - live--] = static_cast<std::uint32_t>(from);
    checksum = fold(checksum, connection->bytes + connection->events);
    return fold(checksum, fitted_.give_back(connection, sizeof(Connection), connection->number));
  }

  std::size_t most_;
  std::uint64_t seed_;
  Fitted<A> fitted_;
  Connection** table_;
  std::uint32_t* free_;  // the unused descriptors: the lowest most_ - live ones, last closed on top
};

// The ring of a network driver: 512 descriptors, each with a 256-byte buffer. The device completes them in
// order but for one in eight, which the next one overtakes; each completed buffer is read, given back, and
// the descriptor is refilled. One operation is one buffer.
template <Allocator A>
class DescriptorRing : public Workload {
 public:
  explicit DescriptorRing(const Settings& settings) : seed_(settings.seed), fitted_(kSize, kRing + 1) {
    operations = settings.repeated(200'000);
    peak_live = kRing * kSize;
  }

  std::uint64_t pass() override {
    Random random(seed_);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kRing; ++i) refill(i, i);
    for (std::size_t i = 0; i < operations; i += 2) {
      const std::size_t swapped = random.one_in(8) ? 1 : 0;
      for (std::size_t k = 0; k < 2; ++k) {
        const std::size_t at = (i + (k ^ swapped)) % kRing;
        checksum = fold(checksum, fitted_.give_back(ring_[at].buffer, kSize, ring_[at].number));
        refill(at, i + k);
      }
    }
    for (std::size_t i = 0; i < kRing; ++i)
      checksum = fold(checksum, fitted_.give_back(ring_[i].buffer, kSize, ring_[i].number));
    return checksum;
  }

 private:
  static constexpr std::size_t kSize = 256, kRing = 512;
  struct Descriptor {
    void* buffer;
    std::uint64_t number;
  };
  void refill(std::size_t at, std::uint64_t number) { ring_[at] = {fitted_.take(kSize, number), number}; }

  std::uint64_t seed_;
  Fitted<A> fitted_;
  Descriptor* ring_ = harness_array<Descriptor>(kRing);
};

// A message pool in a static buffer, as in firmware: the pool is constructed, used until it is exhausted, and
// destroyed, again and again; nothing else may allocate. One operation is one message.
template <Allocator A>
class EmbeddedPool : public Workload {
 public:
  explicit EmbeddedPool(const Settings& settings) : rounds_(settings.repeated(1'000)) {
    operations = rounds_ * kMessages * 2;
    peak_live = kMessages * kSize;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) {
      A pool{std::span<std::byte>(buffer_)};
      for (std::size_t i = 0; i < kMessages; ++i) send(pool, i, i);
      for (std::size_t i = 0; i < kMessages; ++i) {  // each arrival makes room for one more
        checksum = receive(pool, (i * 5) % kMessages, checksum);
        send(pool, (i * 5) % kMessages, i + round);
      }
      for (std::size_t i = 0; i < kMessages; ++i) checksum = receive(pool, i, checksum);
    }
    return checksum;
  }

 private:
  static constexpr std::size_t kSize = 64, kMessages = 48;
  void send(A& pool, std::size_t i, std::uint64_t number) {
    void* message = pool.allocate(kSize, 16);
    if (message == nullptr) fail("a buffer of %zu bytes has no %zu blocks of %zu", kBuffer, kMessages, kSize);
    if (message < buffer_ || message >= buffer_ + kBuffer) fail("block %p is not in the buffer", message);
    *static_cast<std::uint64_t*>(message) = mark_of(number);
    asm volatile("" : : "r"(message) : "memory");
    messages_[i] = message;
  }
  std::uint64_t receive(A& pool, std::size_t i, std::uint64_t checksum) {
    checksum = fold(checksum, *static_cast<std::uint64_t*>(messages_[i]));
    pool.deallocate(messages_[i], kSize, 16);
    return checksum;
  }

  static constexpr std::size_t kBuffer = 4096;
  alignas(64) std::byte buffer_[kBuffer];
  void* messages_[kMessages];
  std::size_t rounds_;
};

}  // namespace assay::suite::allocator
