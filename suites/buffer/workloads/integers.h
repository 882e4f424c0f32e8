// Records of integers of 8, 4, 2 and 1 bytes are written into a buffer, which is frozen and read to its end,
// in one byte order. One operation is one integer written and read. Buffers that are no source of cursor.h
// are read as a ByteView of them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "suites/buffer/workloads/contents.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"
#include "zerocopy/cursor.h"

namespace assay::suite::buffer {

inline constexpr Description kIntegersBig{
    .name = "buffer_integers_be",
    .family = "buffer",
    .sentence = "integers of 8, 4, 2 and 1 bytes are written into a buffer and read, big-endian",
    .passes = 5,
    .any_length = true};
inline constexpr Description kIntegersLittle{
    .name = "buffer_integers_le",
    .family = "buffer",
    .sentence = "integers of 8, 4, 2 and 1 bytes are written into a buffer and read, little-endian",
    .passes = 5,
    .any_length = true};

constexpr std::size_t kRecords = 4096;
constexpr std::size_t kIntegersOfRecord = 4;
constexpr std::size_t kRecordBytes = 8 + 4 + 2 + 1;
constexpr std::size_t kRecordRounds = 10;

template <std::endian kOrder, class M>
[[gnu::always_inline]] inline void put_record(M& out, std::uint64_t mark) {
  const auto put = [&out](auto value) {
    if constexpr (kOrder == std::endian::big)
      put_be(out, value);
    else
      put_le(out, value);
  };
  put(mark);
  put(static_cast<std::uint32_t>(mark >> 8));
  put(static_cast<std::uint16_t>(mark >> 16));
  put(static_cast<std::uint8_t>(mark >> 24));
}

template <std::endian kOrder, class T, class S>
[[gnu::always_inline]] inline std::uint64_t get_one(S& in) {
  if constexpr (kOrder == std::endian::big)
    return get_be<T>(in);
  else
    return get_le<T>(in);
}

template <std::endian kOrder, class S>
std::uint64_t sum_of_records(S& in, std::size_t records) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < records; ++i) {
    sum += get_one<kOrder, std::uint64_t>(in);
    sum += get_one<kOrder, std::uint32_t>(in);
    sum += get_one<kOrder, std::uint16_t>(in);
    sum += get_one<kOrder, std::uint8_t>(in);
  }
  return sum;
}

template <class B, std::endian kOrder>
class Integers final : public Workload {
 public:
  explicit Integers(const Settings& settings)
      : records_(settings.scaled(kRecords)), rounds_(rounds_of(settings, kRecordRounds)) {
    operations = rounds_ * records_ * kIntegersOfRecord;
    peak_live = records_ * kRecordBytes;
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) sum += write_and_read();
    return fold(0, sum);
  }

 private:
  std::uint64_t write_and_read() const {
    auto out = B::Mutable::with_capacity(records_ * kRecordBytes);
    for (std::size_t i = 0; i < records_; ++i) put_record<kOrder>(out, mark_of(i));
    B in = std::move(out).freeze();
    escape(in.data());
    if constexpr (ByteSource<B>) {
      return sum_of_records<kOrder>(in, records_);
    } else {
      ByteView view({in.data(), in.size()});
      return sum_of_records<kOrder>(view, records_);
    }
  }

  const std::size_t records_, rounds_;
};

template <class B>
void add_integer_workloads() {
  static const WorkloadEntry big(made_by(kIntegersBig, make_workload<Integers<B, std::endian::big>>));
  static const WorkloadEntry little(
      made_by(kIntegersLittle, make_workload<Integers<B, std::endian::little>>));
}

}  // namespace assay::suite::buffer
