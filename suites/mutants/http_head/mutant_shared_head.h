// MutantHttpHead over shared bytes, with the defects that HH-39 and HH-44 stand for.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "suites/mutants/http_head/http_head_defects.h"
#include "suites/mutants/http_head/mutant_http_head.h"
#include "zerocopy/bytes.h"
#include "zerocopy/http_head_concept.h"

namespace assay::mutant {

class MutantSharedHead : private MutantHttpHead {
 public:
  static constexpr HttpHeadTraits kTraits = [] {
    HttpHeadTraits traits = MutantHttpHead::kTraits;
    traits.pieces = false;
    traits.shares = true;
    return traits;
  }();
  using Buffer = Bytes;

  using MutantHttpHead::MutantHttpHead;

  void reset() noexcept {
    MutantHttpHead::reset();
    if (!reset_keeps_the_bytes) bytes_ = Bytes();
  }

  HttpVerdict parse(Bytes all) noexcept {
    const HttpVerdict verdict =
        MutantHttpHead::parse({reinterpret_cast<const char*>(all.data()), all.size()});
    if (verdict.outcome != HttpOutcome::kComplete && !half_a_head_keeps_bytes) return verdict;
    bytes_ = head_keeps_no_handle ? Bytes::from_static({all.data(), all.size()}) : std::move(all);
    return verdict;
  }

  using MutantHttpHead::body;
  using MutantHttpHead::content_length;
  using MutantHttpHead::field;
  using MutantHttpHead::find;
  using MutantHttpHead::find_from;
  using MutantHttpHead::is_chunked;
  using MutantHttpHead::method;
  using MutantHttpHead::minor_version;
  using MutantHttpHead::reason;
  using MutantHttpHead::size;
  using MutantHttpHead::status;
  using MutantHttpHead::target;

  Bytes slice(std::string_view part) const {
    const auto bytes = std::as_bytes(std::span(part));
    return slices_are_copies ? Bytes::copy_of(bytes) : bytes_.slice_of(bytes);
  }

 private:
  Bytes bytes_;
};

static_assert(HttpHeadParser<MutantSharedHead>);

}  // namespace assay::mutant
