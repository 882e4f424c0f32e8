// The connection table of a server's event loop: each event names a connection by its key. Of 20 events 18
// bring data (one lookup, some counters), one closes a connection and one accepts; after each 4,096 events
// the loop looks at all connections for idle ones.
//   slab_connections_1000    up to 1,000 connections with 64 bytes of state
//   slab_connections_10000   up to 10,000 with 96
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "allocators/keyed_concept.h"
#include "suites/keyed/workloads/values.h"

namespace assay::suite::keyed {

inline constexpr Description kConnections{
    .name = "slab_connections_1000",
    .family = "slab",
    .sentence = "event loop: data, accept, close and idle scans of up to 1,000 connections of 64 bytes",
    .passes = 5};
inline constexpr Description kManyConnections{
    .name = "slab_connections_10000",
    .family = "slab",
    .sentence = "event loop: data, accept, close and idle scans of up to 10,000 connections of 96 bytes",
    .passes = 5};

constexpr std::size_t kEvents = 400'000;
constexpr std::size_t kScanInterval = 4096;

enum class EventKind : std::uint32_t { kData, kClose, kAccept };
struct Event {
  EventKind kind;
  std::uint32_t connection;  // position among the open ones
};

template <std::size_t kBytes>
struct Connection {
  std::uint64_t received, events, last_event;
  std::uint64_t rest[kBytes / sizeof(std::uint64_t) - 3];
};

inline std::size_t most_connections(const Settings& settings, std::size_t count) {
  return std::max<std::size_t>(4, settings.scaled(count));
}

// Half of `most` connections at the least, three quarters at first.
inline Event* plan_events(std::size_t most, std::size_t count, std::uint64_t stream) {
  auto* events = harness_array<Event>(count);
  std::size_t open = most - most / 4;
  Random random(stream);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t draw = random.below(20);
    EventKind kind = draw == 0 ? EventKind::kClose : draw == 1 ? EventKind::kAccept : EventKind::kData;
    if (kind == EventKind::kClose && open <= most / 2) kind = EventKind::kAccept;
    if (kind == EventKind::kAccept && open == most) kind = EventKind::kClose;
    events[i] = {kind, static_cast<std::uint32_t>(random.below(open))};
    if (kind == EventKind::kClose) --open;
    if (kind == EventKind::kAccept) ++open;
  }
  return events;
}

template <template <class> class Slab, std::size_t kMost, std::size_t kBytes>
class Connections : public Workload {
 public:
  explicit Connections(const Settings& settings)
      : most_(most_connections(settings, kMost)),
        keys_(harness_array<Key>(most_)),
        events_(plan_events(most_, kEvents, settings.seed)) {
    operations = kEvents;
    peak_live = most_ * kBytes;
  }

  void begin() override {
    for (open_ = 0; open_ < most_ - most_ / 4; ++open_) keys_[open_] = slab_.insert(accepted(open_));
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t now = 0; now < kEvents; ++now) {
      const Event& event = events_[now];
      Key& key = keys_[event.connection];
      if (event.kind == EventKind::kData) {
        State* state = slab_.get(key);
        if (state == nullptr) fail("an open connection is not in the table");
        state->received += event.connection;
        ++state->events;
        state->last_event = now;
      } else if (event.kind == EventKind::kClose) {
        const std::optional<State> state = slab_.remove(key);
        if (!state) fail("an open connection is not in the table");
        checksum = fold(checksum, state->received + state->events + state->rest[0]);
        key = keys_[--open_];
      } else {
        keys_[open_++] = slab_.insert(accepted(now));
      }
      if (now % kScanInterval == kScanInterval - 1) checksum = fold(checksum, idle(now));
      escape(&slab_);
    }
    return fold(checksum, open_);
  }

  void end() override { slab_.clear(); }

 private:
  using State = Connection<kBytes>;
  using Key = typename Slab<State>::Key;

  static State accepted(std::uint64_t now) {
    State state;
    state.received = state.events = 0;
    state.last_event = now;
    std::fill(std::begin(state.rest), std::end(state.rest), mark_of(now));
    return state;
  }

  std::size_t idle(std::uint64_t now) {
    std::size_t count = 0;
    slab_.for_each(
        [&count, now](const auto&, const State& state) { count += now - state.last_event > kScanInterval; });
    return count;
  }

  std::size_t most_, open_ = 0;
  Key* keys_;
  Event* events_;
  Slab<State> slab_;
};

template <template <class> class Slab>
void add_connection_workloads() {
  if constexpr (Slab<Value>::kTraits.iterates) {
    static const WorkloadEntry some(made_by(kConnections, make_workload<Connections<Slab, 1'000, 64>>));
    static const WorkloadEntry many(made_by(kManyConnections, make_workload<Connections<Slab, 10'000, 96>>));
  }
}

}  // namespace assay::suite::keyed
