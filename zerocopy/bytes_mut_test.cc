#include "zerocopy/bytes_mut.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "zerocopy/bytes.h"

namespace assay {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class M>
class BytesMutTest : public testing::Test {};
using Flavours = testing::Types<BytesMut, LocalBytesMut>;
TYPED_TEST_SUITE(BytesMutTest, Flavours);

TYPED_TEST(BytesMutTest, WithCapacityHasRoomAndNoBytes) {
  auto bytes = TypeParam::with_capacity(100);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), 100u);
  EXPECT_EQ(bytes.spare().size(), 100u);
}

TYPED_TEST(BytesMutTest, CommittedBytesAreThoseWrittenToTheSpareRoom) {
  auto bytes = TypeParam::with_capacity(10);
  const std::span<std::byte> room = bytes.spare();
  room[0] = std::byte{'a'};
  room[1] = std::byte{'b'};
  bytes.commit(2);
  EXPECT_EQ(text_of(bytes), "ab");
  EXPECT_EQ(bytes.spare().size(), 8u);
}

TYPED_TEST(BytesMutTest, AppendGrows) {
  TypeParam bytes;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    bytes.append(bytes_of("0123456789"));
    expected += "0123456789";
  }
  EXPECT_EQ(text_of(bytes), expected);
}

TYPED_TEST(BytesMutTest, ResizeFillsAndCuts) {
  TypeParam bytes;
  bytes.resize(3, std::byte{'x'});
  EXPECT_EQ(text_of(bytes), "xxx");
  bytes.resize(1, std::byte{'y'});
  EXPECT_EQ(text_of(bytes), "x");
  bytes.resize(0, std::byte{});
  EXPECT_TRUE(bytes.empty());
}

TYPED_TEST(BytesMutTest, ClearKeepsTheRoom) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  bytes.clear();
  EXPECT_EQ(bytes.capacity(), 4u);
  EXPECT_TRUE(bytes.empty());
}

TYPED_TEST(BytesMutTest, SplitLeavesTheRoom) {
  auto bytes = TypeParam::with_capacity(10);
  bytes.append(bytes_of("text"));
  const TypeParam filled = bytes.split();
  EXPECT_EQ(text_of(filled), "text");
  EXPECT_EQ(filled.capacity(), 4u);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), 6u);
  EXPECT_EQ(bytes.data(), filled.data() + 4);
}

TYPED_TEST(BytesMutTest, SplitOffTakesTheRoomAlong) {
  auto first = TypeParam::with_capacity(20);
  first.append(bytes_of("hello world"));
  const TypeParam rest = first.split_off(5);
  EXPECT_EQ(text_of(first), "hello");
  EXPECT_EQ(first.capacity(), 5u);
  EXPECT_EQ(text_of(rest), " world");
  EXPECT_EQ(rest.capacity(), 15u);
}

TYPED_TEST(BytesMutTest, PartsOfOneStorageAreWrittenWithoutHarmToEachOther) {
  auto first = TypeParam::with_capacity(20);
  first.append(bytes_of("hello world"));
  TypeParam rest = first.split_off(5);
  first.append(bytes_of(", you"));
  rest.append(bytes_of("!"));
  EXPECT_EQ(text_of(first), "hello, you");
  EXPECT_EQ(text_of(rest), " world!");
}

TYPED_TEST(BytesMutTest, UnsplitJoinsWhatWasSplitWithoutACopy) {
  auto first = TypeParam::with_capacity(20);
  first.append(bytes_of("hello world"));
  const std::byte* const address = first.data();
  TypeParam rest = first.split_off(5);
  first.unsplit(std::move(rest));
  EXPECT_EQ(text_of(first), "hello world");
  EXPECT_EQ(first.data(), address);
  EXPECT_EQ(first.capacity(), 20u);
  EXPECT_TRUE(rest.empty());
  EXPECT_TRUE(std::move(first).freeze().is_unique());
}

TYPED_TEST(BytesMutTest, UnsplitAcrossAGapCopies) {
  auto first = TypeParam::copy_of(bytes_of("hello world"));
  TypeParam rest = first.split_off(5);
  first.truncate(4);
  first.unsplit(std::move(rest));
  EXPECT_EQ(text_of(first), "hell world");
}

TYPED_TEST(BytesMutTest, UnsplitInTheOtherOrderCopies) {
  auto first = TypeParam::copy_of(bytes_of("hello world"));
  TypeParam rest = first.split_off(5);
  rest.unsplit(std::move(first));
  EXPECT_EQ(text_of(rest), " worldhello");
}

TYPED_TEST(BytesMutTest, UnsplitIntoNothingTakesTheOther) {
  TypeParam nothing;
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  const std::byte* const address = bytes.data();
  nothing.unsplit(std::move(bytes));
  EXPECT_EQ(nothing.data(), address);
  EXPECT_EQ(text_of(nothing), "text");
}

TYPED_TEST(BytesMutTest, UnsplitOfNothingChangesNothing) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  bytes.unsplit(TypeParam());
  bytes.unsplit(bytes.split_off(4));
  EXPECT_EQ(text_of(bytes), "text");
  EXPECT_EQ(bytes.capacity(), 4u);
}

TYPED_TEST(BytesMutTest, UnsplitGivesAnEmptyFrontItsRoomBack) {
  auto bytes = TypeParam::with_capacity(10);
  TypeParam front = bytes.split_to(0);
  front.unsplit(std::move(bytes));
  EXPECT_EQ(front.capacity(), 10u);
}

TYPED_TEST(BytesMutTest, FrozenBytesAreWhereTheyWere) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  const std::byte* const address = bytes.data();
  const auto frozen = std::move(bytes).freeze();
  EXPECT_EQ(frozen.data(), address);
  EXPECT_EQ(text_of(frozen), "text");
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), 0u);
}

TYPED_TEST(BytesMutTest, FrozenBytesAreNotWrittenByWhatWasSplit) {
  auto bytes = TypeParam::with_capacity(8);
  bytes.append(bytes_of("text"));
  const auto frozen = bytes.split().freeze();
  bytes.append(bytes_of("more and more"));
  EXPECT_EQ(text_of(frozen), "text");
}

TYPED_TEST(BytesMutTest, FromUniqueBytesTakesThem) {
  auto frozen = TypeParam::Shared::copy_of(bytes_of("text"));
  const std::byte* const address = frozen.data();
  EXPECT_EQ(TypeParam::from(std::move(frozen)).data(), address);
}

TYPED_TEST(BytesMutTest, FromSharedBytesCopiesThem) {
  auto frozen = TypeParam::Shared::copy_of(bytes_of("text"));
  const auto other = frozen;
  auto bytes = TypeParam::from(std::move(frozen));
  bytes.data()[0] = std::byte{'n'};
  EXPECT_EQ(text_of(bytes), "next");
  EXPECT_EQ(text_of(other), "text");
  EXPECT_TRUE(other.is_unique());
}

TYPED_TEST(BytesMutTest, MisuseEndsTheProgram) {
  auto bytes = TypeParam::with_capacity(8);
  bytes.append(bytes_of("text"));
  EXPECT_DEATH(static_cast<void>(bytes.split_to(5)), "BytesMut I1: position 5 of 4");
  EXPECT_DEATH(static_cast<void>(bytes.split_off(5)), "BytesMut I1");
  EXPECT_DEATH(bytes.advance(5), "BytesMut I1");
  EXPECT_DEATH(bytes.commit(5), "BytesMut I2: 5 bytes are committed where there was room for 4");
  EXPECT_DEATH(bytes.commit(SIZE_MAX), "BytesMut I2");
  EXPECT_DEATH(bytes.unsplit(std::move(bytes)), "BytesMut I3");
}

TEST(BytesMut, FramesGoToAnotherThreadWhileTheRestIsFilled) {
  auto bytes = BytesMut::with_capacity(256);
  std::vector<std::thread> readers;
  for (int i = 0; i < 50; ++i) {
    bytes.append(64, static_cast<std::byte>(i));
    readers.emplace_back([i, frame = bytes.split().freeze()] {
      for (const std::byte byte : frame) ASSERT_EQ(byte, static_cast<std::byte>(i));
    });
    if (readers.size() == 2) {
      for (std::thread& reader : readers) reader.join();
      readers.clear();
    }
  }
}

}  // namespace
}  // namespace assay
