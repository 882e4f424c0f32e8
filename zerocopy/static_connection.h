// A connection of StaticServer (zerocopy/static_server.h), and the lists that connections are in.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "zerocopy/descriptor.h"
#include "zerocopy/http_head.h"
#include "zerocopy/static_answer.h"

namespace assay::zerocopy {

inline constexpr std::size_t kHeadBytes = 16 * 1024;
// What RFC 9112, 3, recommends to take.
inline constexpr std::size_t kRequestLineBytes = 8000;

struct StaticConnection {
  enum class State : unsigned char {
    kFree,
    kReading,  // a head, or for one
    kSending,  // an answer: first what is in `answer`, then the file
    kDraining  // nothing follows; what still arrives is thrown away until the peer ends as well
  };

  State state = State::kFree;
  // Since the kernel has last said that there is none (edge-triggered): input, room in the send queue.
  bool readable = false, writable = false;
  bool hung_up = false;     // the peer sends no more: the end of the input comes without another event
  bool keep_alive = false;  // after the answer that is being sent
  bool queued = false;      // for another turn
  bool progressed = false;  // in this turn

  Descriptor socket, file;
  std::uint64_t offset = 0, end = 0;  // of the file: what is to be sent

  std::uint32_t input_begin = 0, input_end = 0;    // of `input`: not yet parsed to the end of a head
  std::uint32_t answer_begin = 0, answer_end = 0;  // of `answer`: not yet sent

  std::int64_t since = 0;  // milliseconds: of the last progress
  // Bytes that the peer had still to take when has_moved() was last asked; none asked since the last
  // progress.
  static constexpr int kNotAsked = -1;
  int untaken = kNotAsked;
  StaticConnection *earlier = nullptr, *later = nullptr;
  StaticConnection* next = nullptr;  // free, or queued

  HttpHead head{HttpMessage::kRequest,
                // A full buffer without a whole head is beyond the limit.
                {.head = kHeadBytes - 1, .start_line = kRequestLineBytes}};
  char answer[http::kAnswerBytes];
  char input[kHeadBytes];

  void begin(Descriptor peer) noexcept {
    socket = std::move(peer);
    state = State::kReading;
    readable = writable = hung_up = progressed = false;
    input_begin = input_end = answer_begin = answer_end = 0;
    offset = end = 0;
    untaken = kNotAsked;
    head.reset();
  }

  std::string_view unparsed() const noexcept { return {input + input_begin, input_end - input_begin}; }
  bool owes() const noexcept { return answer_begin != answer_end || offset != end; }

  // Whether the peer has done something of which no event has told, since this was last asked. One who takes
  // bytes slowly makes an event only when a third of the send queue is free; and those of many are taken in
  // several rounds.
  [[gnu::cold]] bool has_moved() noexcept {
    const int before = std::exchange(untaken, bytes_in(SIOCOUTQ));
    if (state == State::kReading && bytes_in(SIOCINQ) > 0) return true;
    return untaken != before && (untaken > 0 || state == State::kSending);
  }
  // Whether it is between two requests, or before the first, and all that was said has arrived.
  bool is_resting() const noexcept {
    return state == State::kReading && input_begin == input_end && !readable && !queued &&
           bytes_in(SIOCINQ) == 0 && bytes_in(SIOCOUTQ) == 0;
  }

 private:
  // In one of the socket's queues (tcp(7)).
  int bytes_in(unsigned long queue) const noexcept {
    int bytes = 0;
    return ::ioctl(socket.get(), queue, &bytes) == 0 ? bytes : 0;
  }
};

// All that are open, in the order of their last progress: who waits longest is first.
class StaticConnectionList {
 public:
  StaticConnection* first() const noexcept { return first_; }
  void append(StaticConnection& connection) noexcept {
    connection.earlier = last_;
    connection.later = nullptr;
    (last_ != nullptr ? last_->later : first_) = &connection;
    last_ = &connection;
  }
  void remove(StaticConnection& connection) noexcept {
    (connection.earlier != nullptr ? connection.earlier->later : first_) = connection.later;
    (connection.later != nullptr ? connection.later->earlier : last_) = connection.earlier;
  }

 private:
  StaticConnection *first_ = nullptr, *last_ = nullptr;
};

}  // namespace assay::zerocopy
