// An HTTP/1 head that keeps the bytes it was parsed from: views last as long as it does, and slice() makes of
// a view a handle that outlives it. Nothing is copied; a handle is made for what is asked for, not for every
// field.
//
//   SharedHttpHead<Bytes> head(HttpMessage::kRequest);
//   if (head.parse(received).outcome == HttpOutcome::kComplete) cache.insert(head.slice(head.target()));
//
// parse() takes all bytes so far, as BasicHttpHead does, whose costs and limits are the same. When the head
// is complete, bytes() is exactly it, and what came behind it is the caller's alone. Until then no handle is
// kept, so that the caller's buffer stays the only owner and grows in place. One that is still being filled
// is scanned, and given when scan() has said that the head is complete, which costs nothing more:
//
//   while ((said = head.scan(text_of(buffer))).outcome == HttpOutcome::kIncomplete) receive_into(buffer);
//   if (said.outcome == HttpOutcome::kComplete) head.parse(buffer.split_to(said.offset).freeze());
//
// What a move leaves behind is as after reset(). As thread-safe as B is: slices may go to other threads, the
// head itself may not be used by two.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "zerocopy/buffer_concept.h"
#include "zerocopy/http_head.h"

namespace assay {

template <Buffer B, std::size_t kRoom = 100>
class SharedHttpHead : private BasicHttpHead<kRoom> {
  using Head = BasicHttpHead<kRoom>;

 public:
  static constexpr HttpHeadTraits kTraits = [] {
    HttpHeadTraits traits = Head::kTraits;
    traits.pieces = false;
    traits.shares = true;
    return traits;
  }();
  using Buffer = B;

  using Head::Head;

  SharedHttpHead(const SharedHttpHead&) = default;
  SharedHttpHead& operator=(const SharedHttpHead&) = default;
  ~SharedHttpHead() = default;
  SharedHttpHead(SharedHttpHead&& other) noexcept : Head(other), bytes_(std::move(other.bytes_)) {
    other.reset();
  }
  SharedHttpHead& operator=(SharedHttpHead&& other) noexcept {
    if (this == &other) return *this;
    Head::operator=(other);
    bytes_ = std::move(other.bytes_);
    other.reset();
    return *this;
  }

  void reset() noexcept {
    Head::reset();
    bytes_ = B();  // an emptied handle may keep the storage
  }

  // Shares the storage of `all` when the head in it is complete.
  HttpVerdict parse(const B& all) {
    const HttpVerdict said = scan({reinterpret_cast<const char*>(all.data()), all.size()});
    if (said.outcome == HttpOutcome::kComplete) bytes_ = all.slice(0, said.offset);
    return said;
  }

  // All bytes so far, of which nothing is kept: with kComplete, parse() must follow before views are used.
  HttpVerdict scan(std::string_view all) noexcept { return Head::parse(all); }

  using Head::body;
  using Head::content_length;
  using Head::field;
  using Head::find;
  using Head::find_from;
  using Head::is_chunked;
  using Head::message;
  using Head::method;
  using Head::minor_version;
  using Head::reason;
  using Head::size;
  using Head::status;
  using Head::target;
  using Head::verdict;

  // Of a view that this head gave.
  B slice(std::string_view part) const { return bytes_.slice_of(std::as_bytes(std::span(part))); }
  const B& bytes() const noexcept { return bytes_; }

 private:
  B bytes_;
};

}  // namespace assay
