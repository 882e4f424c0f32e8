#include "zerocopy/cursor.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "zerocopy/chain.h"

namespace assay {
namespace {

Bytes bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return Bytes::copy_of(bytes);
}

TEST(Cursor, ReadsTheMostSignificantByteFirst) {
  Bytes in = bytes_of({0x01, 0x02, 0x03, 0x04, 0x05});
  EXPECT_EQ(get_be<std::uint32_t>(in), 0x01020304u);
  EXPECT_EQ(in.size(), 1u);
}

TEST(Cursor, ReadsTheLeastSignificantByteFirst) {
  Bytes in = bytes_of({0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08});
  EXPECT_EQ(get_le<std::uint64_t>(in), 0x0807060504030201u);
  EXPECT_TRUE(in.empty());
}

TEST(Cursor, ReadsSignedIntegers) {
  Bytes in = bytes_of({0xff, 0xfe, 0xfe, 0xff, 0x80});
  EXPECT_EQ(get_be<std::int16_t>(in), -2);
  EXPECT_EQ(get_le<std::int16_t>(in), -2);
  EXPECT_EQ(get_be<std::int8_t>(in), -128);
}

TEST(Cursor, ReadsFloats) {
  Bytes in = bytes_of({0x3f, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f});
  EXPECT_EQ(get_be<float>(in), 1.0f);
  EXPECT_EQ(get_le<double>(in), 1.0);
}

TEST(Cursor, TakesNothingWhenTooLittleRemains) {
  Bytes in = bytes_of({1, 2, 3});
  EXPECT_FALSE(try_get_be<std::uint32_t>(in).has_value());
  EXPECT_EQ(in.size(), 3u);
  EXPECT_EQ(try_get_be<std::uint16_t>(in), 0x0102);
  EXPECT_EQ(try_get_le<std::uint8_t>(in), 3);
  EXPECT_FALSE(try_get_le<std::uint8_t>(in).has_value());
}

TEST(Cursor, TakingMoreThanRemainsEndsTheProgram) {
  Bytes in = bytes_of({1, 2, 3});
  std::array<std::byte, 4> four;
  EXPECT_DEATH(static_cast<void>(get_be<std::uint32_t>(in)), "cursor I1: 4 bytes are taken where 3 remain");
  EXPECT_DEATH(copy_to(in, four), "cursor I1");
  ByteView view(in);
  EXPECT_DEATH(static_cast<void>(copy_to_bytes(view, 4)), "cursor I1");
  EXPECT_DEATH(view.advance(4), "cursor I1");
}

TEST(Cursor, ReadsValuesAcrossChunks) {
  auto in = chain(bytes_of({1, 2}), chain(bytes_of({3}), bytes_of({4, 5})));
  EXPECT_EQ(get_be<std::uint32_t>(in), 0x01020304u);
  EXPECT_EQ(in.remaining(), 1u);
  EXPECT_FALSE(try_get_be<std::uint16_t>(in).has_value());
  EXPECT_EQ(get_be<std::uint8_t>(in), 5);
}

template <class T>
void expect_same_again(T value) {
  BytesMut out;
  put_be(out, value);
  put_le(out, value);
  ASSERT_EQ(out.size(), 2 * sizeof(T));
  for (std::size_t i = 0; i < sizeof(T); ++i)
    EXPECT_EQ(out.data()[i], out.data()[2 * sizeof(T) - 1 - i]) << "byte " << i;
  EXPECT_EQ(get_be<T>(out), value);
  EXPECT_EQ(get_le<T>(out), value);
}

TEST(Cursor, WhatIsPutIsGotAgainInBothOrders) {
  expect_same_again<std::uint8_t>(0xab);
  expect_same_again<std::uint16_t>(0xabcd);
  expect_same_again<std::uint32_t>(0xabcdef01);
  expect_same_again<std::uint64_t>(0xabcdef0123456789);
  expect_same_again<std::int32_t>(std::numeric_limits<std::int32_t>::min());
  expect_same_again<double>(-0.1);
}

TEST(Cursor, PutMakesRoom) {
  auto out = BytesMut::with_capacity(3);
  put_be<std::uint32_t>(out, 0x01020304);
  EXPECT_EQ(get_le<std::uint32_t>(out), 0x04030201u);
}

TEST(Cursor, PutsAreWhereTheyWouldBeInMemory) {
  BytesMut out;
  put_be<std::uint16_t>(out, 0x0102);
  put_le<std::uint16_t>(out, 0x0102);
  EXPECT_EQ(std::move(out).freeze(), bytes_of({1, 2, 2, 1}));
}

TEST(Cursor, ReadsAndWritesIntegersOfOddWidth) {
  BytesMut out;
  put_uint_be(out, 0x010203, 3);
  put_uint_le(out, 0x010203, 3);
  put_uint_be(out, 0, 0);
  put_uint_be(out, 0xabcdef0123456789, 8);
  Bytes in = std::move(out).freeze();
  EXPECT_EQ(in.slice(0, 6), bytes_of({1, 2, 3, 3, 2, 1}));
  EXPECT_EQ(get_uint_be(in, 3), 0x010203u);
  EXPECT_EQ(get_uint_le(in, 3), 0x010203u);
  EXPECT_EQ(get_uint_be(in, 8), 0xabcdef0123456789u);
}

TEST(Cursor, ExtendsTheSignOfOddWidths) {
  Bytes in = bytes_of({0xff, 0xff, 0xfe, 0xfe, 0xff, 0xff, 0x7f, 0xff, 0xff});
  EXPECT_EQ(get_int_be(in, 3), -2);
  EXPECT_EQ(get_int_le(in, 3), -2);
  EXPECT_EQ(get_int_be(in, 0), 0);
  EXPECT_EQ(get_int_be(in, 3), 0x7fffff);
}

TEST(Cursor, WidthsThatCannotBeEndTheProgram) {
  BytesMut out;
  Bytes in = bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_DEATH(static_cast<void>(get_uint_be(in, 9)), "cursor I2");
  EXPECT_DEATH(put_uint_be(out, 0, 9), "cursor I2");
  EXPECT_DEATH(put_uint_le(out, 0x10000, 2), "cursor I3: 65536 does not fit in 2 bytes");
}

TEST(Cursor, CopiesToMemory) {
  auto in = chain(bytes_of({1, 2}), bytes_of({3, 4}));
  std::array<std::byte, 3> three;
  copy_to(in, three);
  EXPECT_EQ(three, (std::array{std::byte{1}, std::byte{2}, std::byte{3}}));
  EXPECT_EQ(in.remaining(), 1u);
  copy_to(in, {});
}

TEST(Cursor, TakesBytesFromBytesWithoutACopy) {
  Bytes in = bytes_of({1, 2, 3});
  const std::byte* const address = in.data();
  EXPECT_EQ(copy_to_bytes(in, 2).data(), address);
  EXPECT_EQ(in.size(), 1u);
}

TEST(Cursor, TakesBytesFromBytesMutWithoutACopy) {
  BytesMut in = BytesMut::copy_of(bytes_of({1, 2, 3}));
  const std::byte* const address = in.data();
  const Bytes taken = copy_to_bytes(in, 2);
  EXPECT_EQ(taken.data(), address);
}

TEST(Cursor, TakesBytesFromAViewByACopy) {
  const Bytes whole = bytes_of({1, 2, 3});
  ByteView in(whole);
  const Bytes taken = copy_to_bytes(in, 2);
  EXPECT_NE(taken.data(), whole.data());
  EXPECT_EQ(taken, whole.slice(0, 2));
  EXPECT_EQ(in.remaining(), 1u);
}

}  // namespace
}  // namespace assay
