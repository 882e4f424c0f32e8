// An HTTP/1.1 server of static files on one thread: accept, parse, send the file, never wait for one peer.
//
// Idea. A server is as fast as its system calls are few. epoll is told once of every connection, for both
// directions and edge-triggered; a head is parsed where it was received; a small file is read behind the head
// of its answer and leaves with it in one segment, a large one follows its head (MSG_MORE) by sendfile().
//
//   epoll_wait ─> readable, writable ─> turn:
//
//   ┌─> recv ─> HttpHead ─> name ─> openat2, fstat ─┬─ ≤ 4 KiB: [ head │ pread ] ─> send ──────────┐
//   │                                               └─ more:    [ head ] ─> send ─> sendfile ──────┤
//   │                                                                         ^ EAGAIN: wait, │    │
//   │                                                                         └ go on at offset    │
//   └────────────── kept alive: what was pipelined, or comes next, is another head <── close ──────┘
//
// Invariants: I1  a peer is owed answer[answer_begin, answer_end) and then its file's [offset, end); while
//                 anything is owed nothing is read, so that who does not read is not served
//             I2  readable and writable are cleared only when the kernel said so, or gave less than there was
//                 room for: otherwise an edge would be missed
//             I3  exactly Content-Length bytes follow a head, or the connection ends: so it does when the
//                 file has shrunk
//             I4  no byte of a body is parsed as a head: a request with a body ends its connection
//             I5  no file outside the directory is opened (zerocopy/served_directory.h)
//             I6  a peer that has gone is no signal: run() blocks SIGPIPE for its thread and takes it back
//             I7  a turn is bounded in bytes and requests; who is not done queues behind the others
//
// Costs. Six calls for a file of 1 KiB and a share of an epoll_wait; for 10 MB nearly all is the kernel's
// sendfile(). Reading instead of it took 1.1 times the server's time at 8 KiB and 1.9 times at 128 KiB; turns
// of 64 KiB took 1.3 times that of 2 MiB and more for 10 MB. A connection takes 19 KB, of which what its
// requests touched is resident.
//
// Limits. Beyond `connections` the one that has waited longest for a request, a second at least, makes room;
// if there is none, or without descriptors or memory, the listener rests for a second or until a connection
// ends. A file that cannot be opened or read is 503. Idle is who neither completes a request nor begins one
// nor takes bytes: a head that trickles is no progress. Heads: 16 KiB, 8000 bytes of them the request line,
// 100 fields.
//
// What it does not do. TLS, ranges, entity tags (only "If-None-Match: *" holds), compression, listings, a
// cache of open files. If-Modified-Since holds for the very date that was told. A file that is not in the
// page cache makes all wait for the device. What a name means is seen when it is open, because looking first
// took 2.8 µs a request more: a pipe lets go who waits for a reader, and a device has its own open(), so let
// there be none below the directory. One thread: for more, one server each.
//
// open(), run() once; stop() from any thread or signal handler. Errors are errno values.
// Sources: RFC 9110, RFC 9112; epoll(7), sendfile(2), openat2(2).
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "zerocopy/descriptor.h"
#include "zerocopy/listening_socket.h"
#include "zerocopy/served_directory.h"
#include "zerocopy/signal_guard.h"
#include "zerocopy/static_connection.h"
#include "zerocopy/static_exchange.h"
#include "zerocopy/transfer_concept.h"

namespace assay {

struct StaticServerOptions {
  const char* address = "127.0.0.1";  // of IPv4 or of IPv6, no name
  std::uint16_t port = 0;             // 0: one that is free
  std::size_t connections = 1000;     // at a time, at most
  std::int64_t idle = 60'000;         // milliseconds without progress after which a connection is closed
  ServedDirectory::Lookup lookup = ServedDirectory::Lookup::kBest;
};

// Since open(). To be read by the thread of run(), or when it has ended.
struct StaticServerCounts {
  std::uint64_t rounds = 0;    // waits for events
  std::uint64_t accepted = 0;  // connections
  std::uint64_t requests = 0;  // heads that were answered, refusals among them
  std::uint64_t rests = 0;     // of the listener, for want of descriptors, memory or connections
};

class StaticServer {
 public:
  using Options = StaticServerOptions;

  StaticServer() noexcept = default;
  StaticServer(const StaticServer&) = delete;
  StaticServer& operator=(const StaticServer&) = delete;

  // 0, or an errno value. Accepts connections from now on, which run() will serve.
  int open(const char* directory, const Options& options = {}) noexcept {
    options_ = options;
    options_.idle = std::clamp<std::int64_t>(options.idle, 0, kLongest);
    counts_ = {};
    if (const int error = exchange_.open(directory, options.lookup)) return error;
    epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.is_open()) return errno;
    stop_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_.is_open()) return errno;
    if (const int error = listener_.open(options.address, options.port)) return error;
    if (const int error = watch(EPOLL_CTL_ADD, stop_.get(), EPOLLIN, &stop_)) return error;
    return watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, &listener_);
  }
  std::uint16_t port() const noexcept { return listener_.port(); }

  // Serves until stop(): 0, or an errno value. Then everything is closed but the listener.
  int run() noexcept {
    TransferRecord unused;
    zerocopy::SigpipeGuard<zerocopy::Sigpipe::kGuarded> guard(unused);
    int error = 0;
    for (stopping_ = false; !stopping_ && error == 0;) error = serve_round();
    while (open_.first() != nullptr) drop(*open_.first());
    guard.absorb();
    return error;
  }

  // From any thread, and from handlers of signals.
  void stop() noexcept {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
    errno = saved;
  }

  StaticServerCounts counts() const noexcept {
    StaticServerCounts counts = counts_;
    counts.requests = exchange_.requests();
    return counts;
  }

 private:
  using Connection = zerocopy::StaticConnection;
  using State = Connection::State;
  using Turn = zerocopy::StaticExchange::Turn;

  static constexpr int kEvents = 256;
  // Milliseconds.
  static constexpr std::int64_t kRest = 1000, kLongest = 1'000'000'000'000;

  // --- the loop

  int serve_round() noexcept {
    epoll_event events[kEvents];
    ++counts_.rounds;
    const int count = ::epoll_wait(epoll_.get(), events, kEvents, patience());
    if (count < 0 && errno != EINTR) return errno;
    look_at_clocks();
    bool arrived = false;
    for (int i = 0; i < count; ++i) {
      void* const what = events[i].data.ptr;
      if (what == &listener_) {
        arrived = true;
      } else if (what == &stop_) {
        stopping_ = true;
      } else {
        note_events(*static_cast<Connection*>(what), events[i].events);
      }
    }
    serve_queued();
    drop_idle();
    if (resting_until_ != 0 && now_ >= resting_until_) wake_listener();
    return arrived ? accept_all() : 0;
  }

  // How long there is nothing to do unless something happens, in milliseconds.
  int patience() const noexcept {
    if (queue_ != nullptr) return 0;
    std::int64_t until = INT64_MAX;
    if (const Connection* const first = open_.first()) until = first->since + options_.idle + 1;
    if (resting_until_ != 0) until = std::min(until, resting_until_);
    if (until == INT64_MAX) return -1;
    return static_cast<int>(std::clamp<std::int64_t>(until - monotonic(), 0, INT32_MAX));
  }

  // The coarse clock, because it costs a tenth and nothing here is shorter than its step.
  static std::int64_t monotonic() noexcept {
    timespec time;
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  }
  void look_at_clocks() noexcept {
    now_ = monotonic();
    timespec date;
    ::clock_gettime(CLOCK_REALTIME_COARSE, &date);
    exchange_.set_time(date.tv_sec);
  }

  void note_events(Connection& connection, std::uint32_t events) noexcept {
    if (connection.state == State::kFree) return;  // of a descriptor that somebody has inherited
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connection.readable = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) connection.hung_up = true;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) connection.writable = true;
    if (!connection.queued) take_turn(connection);
  }

  void enqueue(Connection& connection) noexcept {
    connection.queued = true;
    connection.next = nullptr;
    *queue_end_ = &connection;
    queue_end_ = &connection.next;
  }
  // One turn for each that was queued before; those that queue meanwhile have theirs in the next round.
  void serve_queued() noexcept {
    Connection* all = queue_;
    queue_ = nullptr;
    queue_end_ = &queue_;
    while (all != nullptr) {
      Connection& connection = *all;
      all = connection.next;
      connection.queued = false;
      take_turn(connection);
    }
  }
  void drop_idle() noexcept {
    for (Connection* first; (first = open_.first()) != nullptr && now_ - first->since > options_.idle;) {
      if (first->has_moved()) {
        touch(*first);
      } else {
        drop(*first);
      }
    }
  }

  // --- connections

  // 0, or the error after which there is nothing to accept any more.
  int accept_all() noexcept {
    for (;;) {
      if (count_ >= options_.connections && !make_room()) return rest(now_ + kRest);
      Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.is_open()) {
        if (!admit(std::move(socket))) return rest(now_ + kRest);
        continue;
      }
      switch (errno) {
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
          return errno;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
          return rest(now_ + kRest);
        case EINTR:
        case ECONNABORTED:
          continue;
        default:
          return 0;  // EAGAIN, and errors of the network, which go
      }
    }
  }

  // Drops who has waited longest for a request: false if nobody has waited long enough.
  [[gnu::cold]] bool make_room() noexcept {
    for (Connection* it = open_.first(); it != nullptr && now_ - it->since >= kRest; it = it->later) {
      if (!it->is_resting()) continue;
      drop(*it);
      return true;
    }
    return false;
  }

  // The listener is not asked until then, or until a connection ends.
  [[gnu::cold]] int rest(std::int64_t until) noexcept {
    ++counts_.rests;
    resting_until_ = until;
    return watch(EPOLL_CTL_MOD, listener_.get(), 0, &listener_);
  }
  [[gnu::cold]] void wake_listener() noexcept {
    resting_until_ = 0;
    watch(EPOLL_CTL_MOD, listener_.get(), EPOLLIN, &listener_);
  }

  int watch(int operation, int descriptor, std::uint32_t events, void* what) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    return ::epoll_ctl(epoll_.get(), operation, descriptor, &event) == 0 ? 0 : errno;
  }

  // False without memory: the peer sees the end.
  bool admit(Descriptor socket) noexcept {
    Connection* const connection = unused();
    if (connection == nullptr) return false;
    if (watch(EPOLL_CTL_ADD, socket.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, connection) != 0) {
      give_back(*connection);
      return false;
    }
    connection->begin(std::move(socket));
    connection->since = now_;
    open_.append(*connection);
    ++count_;
    ++counts_.accepted;
    return true;
  }

  Connection* unused() noexcept {
    if (Connection* const free = free_) {
      free_ = free->next;
      return free;
    }
    std::unique_ptr<Connection> made(new (std::nothrow) Connection);
    if (made == nullptr) return nullptr;
    try {
      all_.push_back(std::move(made));
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    return all_.back().get();
  }
  void give_back(Connection& connection) noexcept {
    connection.state = State::kFree;
    connection.next = free_;
    free_ = &connection;
  }

  void drop(Connection& connection) noexcept {
    connection.file.close();
    connection.socket.close();
    open_.remove(connection);
    --count_;
    if (connection.queued) unqueue(connection);
    give_back(connection);
    if (resting_until_ != 0) wake_listener();
  }
  [[gnu::cold]] void unqueue(Connection& connection) noexcept {
    Connection** link = &queue_;
    while (*link != &connection) link = &(*link)->next;
    *link = connection.next;
    if (queue_end_ == &connection.next) queue_end_ = link;
    connection.queued = false;
  }

  void take_turn(Connection& connection) noexcept {
    const Turn turn = exchange_.take_turn(connection);
    if (turn == Turn::kGone) return drop(connection);
    if (connection.progressed) {
      connection.progressed = false;
      connection.untaken = Connection::kNotAsked;
      touch(connection);
    }
    if (turn == Turn::kUnfinished) enqueue(connection);
  }
  void touch(Connection& connection) noexcept {
    connection.since = now_;
    if (connection.later == nullptr) return;
    open_.remove(connection);
    open_.append(connection);
  }

  Options options_;
  StaticServerCounts counts_;
  zerocopy::StaticExchange exchange_;
  zerocopy::ListeningSocket listener_;
  Descriptor epoll_, stop_;

  std::vector<std::unique_ptr<Connection>> all_;
  zerocopy::StaticConnectionList open_;
  Connection* free_ = nullptr;
  Connection* queue_ = nullptr;  // for another turn
  Connection** queue_end_ = &queue_;
  std::size_t count_ = 0;
  std::int64_t now_ = 0, resting_until_ = 0;
  bool stopping_ = false;
};

}  // namespace assay
