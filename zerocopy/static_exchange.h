// One connection of StaticServer (zerocopy/static_server.h) and what its peer says: a turn receives, parses,
// answers and sends until the kernel has no more input or no more room, or others are to have theirs.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include "zerocopy/descriptor.h"
#include "zerocopy/http_target.h"
#include "zerocopy/io_result.h"
#include "zerocopy/sendfile_transfer.h"
#include "zerocopy/served_directory.h"
#include "zerocopy/signal_guard.h"
#include "zerocopy/static_answer.h"
#include "zerocopy/static_connection.h"
#include "zerocopy/static_request.h"

namespace assay::zerocopy {

class StaticExchange {
 public:
  enum class Turn : unsigned char {
    kWaiting,     // for an event
    kUnfinished,  // its share was used up
    kGone         // nothing can be said to the peer any more, or is to be
  };

  // 0, or an errno value.
  int open(const char* directory, ServedDirectory::Lookup lookup) noexcept {
    requests_ = 0;
    scratch_.reset(new (std::nothrow) char[kScratchBytes]);
    return scratch_ == nullptr ? ENOMEM : directory_.open(directory, lookup);
  }
  void set_time(std::int64_t seconds) noexcept { heads_.set_time(seconds); }
  std::uint64_t requests() const noexcept { return requests_; }  // answered since open()

  // Sets connection.progressed if there was any. SIGPIPE does nothing to the calling thread.
  Turn take_turn(StaticConnection& connection) noexcept {
    std::uint64_t bytes = kTurnBytes;
    for (int requests = kTurnRequests; requests > 0 && bytes > 0;) {
      Step step = Step::kWait;
      switch (connection.state) {
        case State::kSending:
          if (connection.writable) step = send_owed(connection, bytes);
          break;
        case State::kReading:
          if (connection.input_begin != connection.input_end) step = parse(connection);
          if (step != Step::kWait) {
            --requests;
          } else if (connection.readable) {
            step = receive(connection);
          }
          break;
        case State::kDraining:
          if (connection.readable) step = discard(connection, bytes);
          break;
        case State::kFree:
          break;
      }
      if (step != Step::kGoOn) return step == Step::kGone ? Turn::kGone : Turn::kWaiting;
    }
    return Turn::kUnfinished;
  }

 private:
  using State = StaticConnection::State;

  enum class Step : unsigned char { kGoOn, kWait, kGone };

  // Up to this size the copy costs less than sendfile() does for its first page.
  static constexpr std::uint64_t kReadBytes = 4096;
  static constexpr std::size_t kScratchBytes = 64 * 1024;  // also of what is thrown away
  static_assert(kScratchBytes >= http::kAnswerBytes + kReadBytes);
  static constexpr std::uint64_t kTurnBytes = 2 << 20;
  static constexpr int kTurnRequests = 32;
  static constexpr std::size_t kNameBytes = 4096;

  // After a call that moved nothing. EAGAIN clears the flag.
  static Step after(ssize_t result, bool& flag) noexcept {
    if (result < 0 && errno == EINTR) return Step::kGoOn;
    if (result == 0 || errno != EAGAIN) return Step::kGone;
    flag = false;
    return Step::kWait;
  }

  static Step receive(StaticConnection& connection) noexcept {
    if (connection.input_begin == connection.input_end) {
      connection.input_begin = connection.input_end = 0;
    } else if (connection.input_end == kHeadBytes) {
      // Not from the buffer's start, or the parser would have refused the head.
      const std::string_view begun = connection.unparsed();
      std::memmove(connection.input, begun.data(), begun.size());
      connection.input_begin = 0;
      connection.input_end = static_cast<std::uint32_t>(begun.size());
    }
    const std::size_t room = kHeadBytes - connection.input_end;
    const ssize_t got = ::recv(connection.socket.get(), connection.input + connection.input_end, room, 0);
    if (got <= 0) return after(got, connection.readable);
    if (connection.input_end == connection.input_begin) connection.progressed = true;
    connection.input_end += static_cast<std::uint32_t>(got);
    if (static_cast<std::size_t>(got) < room && !connection.hung_up) connection.readable = false;
    return Step::kGoOn;
  }

  Step discard(StaticConnection& connection, std::uint64_t& bytes) noexcept {
    const ssize_t got = ::recv(connection.socket.get(), scratch_.get(), kScratchBytes, 0);
    if (got <= 0) return after(got, connection.readable);
    bytes -= std::min(bytes, static_cast<std::uint64_t>(got));
    return Step::kGoOn;
  }

  // kWait: the head is not complete.
  Step parse(StaticConnection& connection) noexcept {
    const std::string_view input = connection.unparsed();
    const HttpVerdict verdict = connection.head.parse(input);
    if (verdict.outcome == HttpOutcome::kIncomplete) return Step::kWait;
    ++requests_;
    Step step;
    if (verdict.outcome == HttpOutcome::kComplete) [[likely]] {
      step = answer(connection);
      connection.input_begin += static_cast<std::uint32_t>(verdict.offset);
    } else {
      http::StaticRequest refused;
      refused.status = http::status_of(verdict, input);
      step = answer_other(connection, refused, 1);
    }
    connection.head.reset();
    return step;
  }

  Step answer(StaticConnection& connection) noexcept {
    const HttpHead& head = connection.head;
    http::StaticRequest request = http::read_static_request(head);
    struct stat status;
    char name[kNameBytes];
    if (request.status == http::kOk) [[likely]] {
      request.status = http::file_name_of(head.target(), name);
      if (request.status == 0)
        request.status = http::status_of_error(directory_.open_file(name, connection.file, status));
    }
    if (request.status != http::kOk) [[unlikely]] {
      if (request.status == http::kBadRequest) request.keep_alive = false;
      return answer_other(connection, request, head.minor_version());
    }
    connection.keep_alive = request.keep_alive;
    const std::string_view field = http::connection_field(request.keep_alive, head.minor_version());
    const std::int64_t modified = status.st_mtim.tv_sec;
    const bool same = request.has_entities ? request.any_entity
                                           : !request.modified_since.empty() &&
                                                 request.modified_since == heads_.modified_text(modified);
    char* const out = scratch_.get();
    if (same) return send_answer(connection, heads_.write_not_modified(out, modified, field), 0);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::size_t written = heads_.write_found(out, http::type_of(name), size, modified, field);
    return send_answer(connection, written, request.only_head ? 0 : size);
  }

  [[gnu::cold, gnu::noinline]] Step answer_other(StaticConnection& connection,
                                                 const http::StaticRequest& request,
                                                 int minor_version) noexcept {
    connection.keep_alive = request.keep_alive;
    const std::string_view field = http::connection_field(request.keep_alive, minor_version);
    return send_answer(connection,
                       heads_.write_other(scratch_.get(), request.status, request.only_head, field), 0);
  }

  // The head is in the scratch buffer; `size` bytes of the connection's file are to follow.
  Step send_answer(StaticConnection& connection, std::size_t head, std::uint64_t size) noexcept {
    connection.state = State::kSending;
    connection.answer_begin = connection.answer_end = 0;
    connection.offset = 0;
    connection.end = size;
    std::size_t ready = head;
    if (size != 0 && size <= kReadBytes) {
      const auto body = std::span(scratch_.get() + head, static_cast<std::size_t>(size));
      if (!read_small(connection.file, std::as_writable_bytes(body))) [[unlikely]] {
        http::StaticRequest failed;
        failed.status = http::kUnavailable;
        return answer_other(connection, failed, 1);
      }
      ready += body.size();
    }
    const int flags = ready == head && size != 0 ? MSG_MORE | MSG_NOSIGNAL : MSG_NOSIGNAL;
    const ssize_t sent = ::send(connection.socket.get(), scratch_.get(), ready, flags);
    if (sent <= 0 && after(sent, connection.writable) == Step::kGone) [[unlikely]]
      return Step::kGone;
    const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (taken < head) [[unlikely]] {
      std::memcpy(connection.answer, scratch_.get() + taken, head - taken);
      connection.answer_end = static_cast<std::uint32_t>(head - taken);
    } else {
      connection.offset = taken - head;
    }
    if (!connection.owes()) finish_answer(connection);
    return Step::kGoOn;
  }

  static bool read_small(const Descriptor& file, std::span<std::byte> body) noexcept {
    IoResult read = read_at(file.get(), 0, body);
    if (read.error == EAGAIN) [[unlikely]] {
      let_wait(file);
      read = read_at(file.get(), 0, body);
    }
    return read.ok();
  }

  // Files are opened with O_NONBLOCK, which file systems in user space may heed for regular files as well.
  [[gnu::cold]] static void let_wait(const Descriptor& file) noexcept { ::fcntl(file.get(), F_SETFL, 0); }

  static bool has_room(const Descriptor& socket) noexcept {
    pollfd asked{socket.get(), POLLOUT, 0};
    return ::poll(&asked, 1, 0) > 0;
  }

  Step send_owed(StaticConnection& connection, std::uint64_t& bytes) noexcept {
    if (connection.answer_begin != connection.answer_end) [[unlikely]] {
      const int flags = connection.offset != connection.end ? MSG_MORE | MSG_NOSIGNAL : MSG_NOSIGNAL;
      const ssize_t sent = ::send(connection.socket.get(), connection.answer + connection.answer_begin,
                                  connection.answer_end - connection.answer_begin, flags);
      if (sent <= 0) return after(sent, connection.writable);
      connection.answer_begin += static_cast<std::uint32_t>(sent);
    } else {
      const std::uint64_t most = std::min(connection.end - connection.offset, bytes);
      const IoResult sent =
          transfer_.send_file(connection.socket.get(), connection.file.get(), connection.offset, most);
      connection.offset += sent.bytes;
      bytes -= sent.bytes;
      if (sent.bytes != 0) connection.progressed = true;
      if (sent.error == EAGAIN) {
        // It is the file that would make the caller wait, unless the peer has just taken something.
        if (has_room(connection.socket)) [[unlikely]] {
          let_wait(connection.file);
          bytes = 0;  // others first, should it ask again
          return Step::kGoOn;
        }
        connection.writable = false;
        return Step::kWait;
      }
      if (!sent.ok()) return Step::kGone;
    }
    if (!connection.owes()) finish_answer(connection);
    return Step::kGoOn;
  }

  static void finish_answer(StaticConnection& connection) noexcept {
    connection.file.close();
    connection.progressed = true;
    connection.state = State::kReading;
    if (!connection.keep_alive) [[unlikely]]
      say_no_more(connection);
  }

  // If the socket were closed while the peer still sends, the peer might lose the answer (RFC 9112, 9.6).
  [[gnu::cold, gnu::noinline]] static void say_no_more(StaticConnection& connection) noexcept {
    connection.state = State::kDraining;
    ::shutdown(connection.socket.get(), SHUT_WR);
    connection.readable = true;
  }

  ServedDirectory directory_;
  BasicSendfileTransfer<Sigpipe::kIgnored> transfer_;
  http::AnswerHeads heads_;
  std::unique_ptr<char[]> scratch_;  // of one answer at a time
  std::uint64_t requests_ = 0;
};

}  // namespace assay::zerocopy
