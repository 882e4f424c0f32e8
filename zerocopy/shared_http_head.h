// An HTTP/1 head that keeps the bytes it was parsed from: views last as long as it does, and slice() makes of
// a view a handle that outlives it. Nothing is copied; a handle is made for what is asked for, not for every
// field.
//
//   SharedHttpHead<Bytes> head(HttpMessage::kRequest);
//   if (head.parse(received).outcome == HttpOutcome::kComplete) cache.insert(head.slice(head.target()));
//
// parse() takes all bytes so far, as BasicHttpHead does, whose costs and limits are the same. When the head
// is complete, bytes() is exactly it, and what came behind it is the caller's alone.
//
// As thread-safe as B is: slices may go to other threads, the head itself may not be used by two.
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

  void reset() noexcept {
    Head::reset();
    bytes_ = B();  // an emptied handle may keep the storage
  }

  HttpVerdict parse(B all) noexcept {
    const HttpVerdict said = Head::parse({reinterpret_cast<const char*>(all.data()), all.size()});
    bytes_ = std::move(all);
    if (said.outcome == HttpOutcome::kComplete) bytes_.truncate(said.offset);
    return said;
  }

  using Head::content_length;
  using Head::field;
  using Head::find;
  using Head::find_from;
  using Head::is_chunked;
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
