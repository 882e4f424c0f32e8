// An HTTP/1.1 server of static files on one thread: accept, parse, send the file, never wait for one peer.
//
// Idea. A request for a file is four small system calls around one that moves the bytes, so a server is as
// fast as it makes few of them. Every connection is told of once to an edge-triggered epoll, for both
// directions, and never again. A head is parsed where it was received. A small file is read into the buffer
// behind the head of its answer and leaves with it: one call, one segment. A large one follows its head
// (MSG_MORE) from the page cache by sendfile().
//
//   epoll_wait ─> readable / writable flags of a connection ─> turn
//                                                               │
//     ┌──────── recv ─> HttpHead ─> name below the directory ─> openat2, fstat
//     │                                                         │
//     │      ≤ 64 KiB:  [ head │ pread ] ─> send               ▼
//     │      more:      [ head ] ─> send, MSG_MORE ─> sendfile … EAGAIN: wait, go on at `offset`
//     └─<── keep-alive: what was pipelined is the next head
//
// Invariants: I1  what is owed to a peer is answer[answer_begin, answer_end) and then the file's [offset,
// end);
//                 nothing is read while something is owed, so that a peer that does not read is not served
//             I2  a flag (readable, writable) is cleared only when the kernel has said so, or when it gave
//                 less than there was room for: otherwise an edge would be missed
//             I3  exactly Content-Length bytes follow a head, or the connection ends: a file that has shrunk
//                 closes it
//             I4  no byte of a body is ever parsed as a head: a request with a body ends its connection
//             I5  no file outside the directory is opened (zerocopy/served_directory.h)
//             I6  a peer that has gone is no signal: run() blocks SIGPIPE for its thread and takes it back
//             I7  a turn is bounded in bytes and in requests; who is not done queues behind the others
//
// Costs. For a file of 1 KiB six calls: recv, openat2, fstat, pread, send, close, and a share of an
// epoll_wait; nginx makes seven, and its head and its file leave in two segments, for each of which the
// receiver is woken. @COSTS@
// A connection takes 19 KB, of which only what its requests touched is resident.
//
// Limits. Connections: the listener is not asked any more, so that others wait in its queue. Descriptors:
// when there are none left, the listener rests for a second or until a connection ends; a request whose file
// cannot be opened for that reason gets 503. Idle time: from the last progress, which is a request that is
// complete, the first byte of the next, or bytes that the peer took; bytes that trickle into a head are none.
// Heads: 16 KiB, of which the request line is 8000 bytes, and 100 fields.
//
// What it does not do. No TLS, no ranges, no entity tags (If-None-Match compares unequal but for "*"), no
// compression, no directory listings, no cache of open files: each request opens its file, as nginx does by
// default. If-Modified-Since holds if it is the date that the file was told with, as nginx does it. It
// resolves no names, and reading a file that is not in the page cache makes all wait for the device. One
// thread; for more, one server each.
//
// open(), then run() once; stop() from any thread or signal handler. Errors are errno values.
//
// Sources: RFC 9110, RFC 9112; epoll(7), sendfile(2), openat2(2).
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "zerocopy/descriptor.h"
#include "zerocopy/http_target.h"
#include "zerocopy/io_result.h"
#include "zerocopy/listening_socket.h"
#include "zerocopy/sendfile_transfer.h"
#include "zerocopy/served_directory.h"
#include "zerocopy/signal_guard.h"
#include "zerocopy/static_answer.h"
#include "zerocopy/static_connection.h"
#include "zerocopy/static_request.h"

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
    scratch_.reset(new (std::nothrow) char[kScratchBytes]);
    if (scratch_ == nullptr) return ENOMEM;
    if (const int error = directory_.open(directory, options.lookup)) return error;
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

  const StaticServerCounts& counts() const noexcept { return counts_; }
  const TransferRecord& record() const noexcept { return transfer_.record(); }  // of sendfile() alone

 private:
  using Connection = zerocopy::StaticConnection;
  using State = Connection::State;

  // Up to this size the copy costs less than the second call and what sendfile() does for each page.
  static constexpr std::uint64_t kReadBytes = 64 * 1024;
  static constexpr std::size_t kScratchBytes = http::kAnswerBytes + kReadBytes;
  static constexpr std::uint64_t kTurnBytes = 4 << 20;
  static constexpr int kTurnRequests = 32;
  static constexpr int kEvents = 256;
  static constexpr std::size_t kNameBytes = 4096;
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
    heads_.set_time(date.tv_sec);
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
      if (connection.state != State::kFree) take_turn(connection);
    }
  }
  void drop_idle() noexcept {
    for (Connection* first; (first = open_.first()) != nullptr && now_ - first->since > options_.idle;)
      drop(*first);
  }

  // --- connections

  // 0, or the error after which there is nothing to accept any more.
  int accept_all() noexcept {
    for (;;) {
      if (count_ >= options_.connections) return rest(INT64_MAX);
      Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.is_open()) {
        admit(std::move(socket));
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

  void admit(Descriptor socket) noexcept {
    Connection* const connection = unused();
    if (connection == nullptr) return;  // no memory: the peer sees the end
    if (watch(EPOLL_CTL_ADD, socket.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, connection) != 0) {
      give_back(*connection);
      return;
    }
    connection->socket = std::move(socket);
    connection->state = State::kReading;
    connection->readable = connection->writable = connection->hung_up = false;
    connection->input_begin = connection->input_end = 0;
    connection->answer_begin = connection->answer_end = 0;
    connection->offset = connection->end = 0;
    connection->head.reset();
    connection->since = now_;
    open_.append(*connection);
    ++count_;
    ++counts_.accepted;
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

  void progress(Connection& connection) noexcept {
    connection.since = now_;
    if (connection.later == nullptr) return;
    open_.remove(connection);
    open_.append(connection);
  }

  // --- one connection

  void take_turn(Connection& connection) noexcept {
    std::uint64_t bytes = kTurnBytes;
    for (int requests = kTurnRequests; requests > 0 && bytes > 0;) {
      switch (connection.state) {
        case State::kSending:
          if (!connection.writable) return;
          if (!send_owed(connection, bytes)) return;
          break;
        case State::kReading:
          if (connection.input_begin != connection.input_end && parse(connection)) {
            --requests;
            break;
          }
          if (connection.state == State::kFree || !connection.readable) return;
          if (!receive(connection)) return;
          break;
        case State::kDraining:
          if (!connection.readable) return;
          if (!discard(connection, bytes)) return;
          break;
        case State::kFree:
          return;
      }
    }
    if (connection.state != State::kFree) enqueue(connection);
  }

  // False: nothing to do for now, or the connection has gone.
  bool receive(Connection& connection) noexcept {
    if (connection.input_begin == connection.input_end) {
      connection.input_begin = connection.input_end = 0;
    } else if (connection.input_end == zerocopy::kHeadBytes) {
      // Not from the buffer's start, or the parser would have refused the head.
      const std::string_view begun = connection.unparsed();
      std::memmove(connection.input, begun.data(), begun.size());
      connection.input_begin = 0;
      connection.input_end = static_cast<std::uint32_t>(begun.size());
    }
    const std::size_t room = zerocopy::kHeadBytes - connection.input_end;
    const ssize_t got = ::recv(connection.socket.get(), connection.input + connection.input_end, room, 0);
    if (got > 0) {
      if (connection.input_end == connection.input_begin) progress(connection);
      connection.input_end += static_cast<std::uint32_t>(got);
      if (static_cast<std::size_t>(got) < room && !connection.hung_up) connection.readable = false;
      return true;
    }
    return goes_on(connection, got, connection.readable);
  }

  // After a call that moved nothing: whether there is anything to do now. EAGAIN clears the flag.
  bool goes_on(Connection& connection, ssize_t result, bool& flag) noexcept {
    if (result < 0 && errno == EINTR) return true;
    if (result < 0 && errno == EAGAIN) {
      flag = false;
      return false;
    }
    drop(connection);
    return false;
  }

  bool discard(Connection& connection, std::uint64_t& bytes) noexcept {
    const ssize_t got = ::recv(connection.socket.get(), scratch_.get(), kScratchBytes, 0);
    if (got <= 0) return goes_on(connection, got, connection.readable);
    bytes -= std::min(bytes, static_cast<std::uint64_t>(got));
    return true;
  }

  // True: a head was answered, as far as the socket took it.
  bool parse(Connection& connection) noexcept {
    const std::string_view input = connection.unparsed();
    const HttpVerdict verdict = connection.head.parse(input);
    if (verdict.outcome == HttpOutcome::kIncomplete) return false;
    ++counts_.requests;
    if (verdict.outcome == HttpOutcome::kComplete) [[likely]] {
      answer(connection);
      connection.input_begin += static_cast<std::uint32_t>(verdict.offset);
    } else {
      http::StaticRequest refused;
      refused.status = http::status_of(verdict, input);
      answer_other(connection, refused, 1);
    }
    connection.head.reset();
    return true;
  }

  void answer(Connection& connection) noexcept {
    const HttpHead& head = connection.head;
    http::StaticRequest request = http::read_static_request(head);
    struct stat status;
    std::string_view type;
    if (request.status == http::kOk) [[likely]]
      request.status = find_file(head.target(), connection.file, status, type);
    if (request.status != http::kOk) [[unlikely]] {
      if (request.status == http::kBadRequest) request.keep_alive = false;
      return answer_other(connection, request, head.minor_version());
    }
    connection.keep_alive = request.keep_alive;
    const std::string_view field = http::connection_field(request.keep_alive, head.minor_version());
    const bool same = request.has_entities
                          ? request.any_entity
                          : !request.modified_since.empty() &&
                                request.modified_since == heads_.modified_text(status.st_mtim.tv_sec);
    char* const out = scratch_.get();
    if (same) {
      send_answer(connection, heads_.write_not_modified(out, status.st_mtim.tv_sec, field), 0);
      return;
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::size_t written = heads_.write_found(out, type, size, status.st_mtim.tv_sec, field);
    send_answer(connection, written, request.only_head ? 0 : size);
  }

  // kOk and an open file, or the status that tells why not.
  int find_file(std::string_view target, Descriptor& file, struct stat& status,
                std::string_view& type) const noexcept {
    char name[kNameBytes];
    if (const int refused = http::file_name_of(target, name)) return refused;
    type = http::type_of(name);
    switch (directory_.open_file(name, file, status)) {
      case 0:
        return http::kOk;
      case ENOENT:
      case ENOTDIR:
      case ELOOP:
      case EXDEV:
      case ENAMETOOLONG:
        return http::kNotFound;
      case EACCES:
      case EPERM:
        return http::kForbidden;
      case EMFILE:
      case ENFILE:
      case ENOMEM:
      case EAGAIN:
        return http::kUnavailable;
      default:
        return http::kServerError;
    }
  }

  [[gnu::cold, gnu::noinline]] void answer_other(Connection& connection, const http::StaticRequest& request,
                                                 int minor_version) noexcept {
    connection.keep_alive = request.keep_alive;
    send_answer(connection,
                heads_.write_other(scratch_.get(), request.status, request.only_head,
                                   http::connection_field(request.keep_alive, minor_version)),
                0);
  }

  // The head is in the scratch buffer; `size` bytes of the connection's file are to follow.
  void send_answer(Connection& connection, std::size_t head, std::uint64_t size) noexcept {
    connection.state = State::kSending;
    connection.answer_begin = connection.answer_end = 0;
    connection.offset = 0;
    connection.end = size;
    std::size_t ready = head;
    if (size != 0 && size <= kReadBytes) {
      const auto body = std::span(scratch_.get() + head, static_cast<std::size_t>(size));
      if (!zerocopy::read_at(connection.file.get(), 0, std::as_writable_bytes(body)).ok()) [[unlikely]] {
        drop(connection);
        return;
      }
      ready += body.size();
    }
    const int flags = ready == head && size != 0 ? MSG_MORE | MSG_NOSIGNAL : MSG_NOSIGNAL;
    const ssize_t sent = ::send(connection.socket.get(), scratch_.get(), ready, flags);
    std::size_t taken = 0;
    if (sent > 0) [[likely]] {
      taken = static_cast<std::size_t>(sent);
    } else if (!goes_on(connection, sent, connection.writable) && connection.state == State::kFree) {
      return;
    }
    if (taken < head) [[unlikely]] {
      std::memcpy(connection.answer, scratch_.get() + taken, head - taken);
      connection.answer_end = static_cast<std::uint32_t>(head - taken);
    } else {
      connection.offset = taken - head;
    }
    if (!connection.owes()) finish_answer(connection);
  }

  // False: the socket takes no more for now, or the connection has gone.
  bool send_owed(Connection& connection, std::uint64_t& bytes) noexcept {
    if (connection.answer_begin != connection.answer_end) {
      const int flags = connection.offset != connection.end ? MSG_MORE | MSG_NOSIGNAL : MSG_NOSIGNAL;
      const ssize_t sent = ::send(connection.socket.get(), connection.answer + connection.answer_begin,
                                  connection.answer_end - connection.answer_begin, flags);
      if (sent <= 0) return goes_on(connection, sent, connection.writable);
      connection.answer_begin += static_cast<std::uint32_t>(sent);
    } else {
      const IoResult sent =
          transfer_.send_file(connection.socket.get(), connection.file.get(), connection.offset,
                              std::min(connection.end - connection.offset, bytes));
      connection.offset += sent.bytes;
      bytes -= sent.bytes;
      if (sent.bytes != 0) progress(connection);
      if (sent.error == EAGAIN) {
        connection.writable = false;
        return false;
      }
      if (!sent.ok()) {
        drop(connection);
        return false;
      }
    }
    if (!connection.owes()) finish_answer(connection);
    return true;
  }

  void finish_answer(Connection& connection) noexcept {
    connection.file.close();
    progress(connection);
    connection.state = State::kReading;
    if (!connection.keep_alive) [[unlikely]]
      end_connection(connection);
  }

  // If the socket were closed while the peer still sends, the peer might lose the answer (RFC 9112, 9.6).
  [[gnu::cold, gnu::noinline]] void end_connection(Connection& connection) noexcept {
    connection.state = State::kDraining;
    ::shutdown(connection.socket.get(), SHUT_WR);
    connection.readable = true;
  }

  Options options_;
  StaticServerCounts counts_;
  ServedDirectory directory_;
  zerocopy::ListeningSocket listener_;
  Descriptor epoll_, stop_;
  BasicSendfileTransfer<zerocopy::Sigpipe::kIgnored> transfer_;
  http::AnswerHeads heads_;
  std::unique_ptr<char[]> scratch_;  // of one answer at a time

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
