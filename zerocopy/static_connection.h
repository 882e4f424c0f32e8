// A connection of StaticServer (zerocopy/static_server.h), and the lists that connections are in.
#pragma once

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
    head.reset();
  }

  std::string_view unparsed() const noexcept { return {input + input_begin, input_end - input_begin}; }
  bool owes() const noexcept { return answer_begin != answer_end || offset != end; }
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
