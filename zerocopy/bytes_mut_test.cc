#include "zerocopy/bytes_mut.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <stdexcept>
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

TYPED_TEST(BytesMutTest, GrowthAtLeastDoubles) {
  TypeParam bytes;
  int growths = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t before = bytes.capacity();
    bytes.append(bytes_of("x"));
    if (bytes.capacity() != before) {
      EXPECT_GE(bytes.capacity(), 2 * before);
      ++growths;
    }
  }
  EXPECT_LE(growths, 13);
}

TYPED_TEST(BytesMutTest, AppendsItsOwnBytes) {
  auto bytes = TypeParam::copy_of(bytes_of("hello"));
  bytes.append(bytes.chunk().subspan(1, 3));
  bytes.append(bytes.chunk());
  EXPECT_EQ(text_of(bytes), "helloellhelloell");
}

TYPED_TEST(BytesMutTest, AppendsItsOwnBytesWhenTheyMoveToTheFront) {
  auto bytes = TypeParam::with_capacity(16);
  bytes.append(bytes_of("0123456789abcd"));
  bytes.advance(10);
  bytes.append(bytes.chunk());
  EXPECT_EQ(text_of(bytes), "abcdabcd");
  EXPECT_EQ(bytes.capacity(), 16u);
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

TYPED_TEST(BytesMutTest, ReserveTakesTheRoomThatPartsBehindHaveLeft) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.append(bytes_of("text"));
  const std::byte* const address = bytes.data();
  static_cast<void>(bytes.split_off(4));
  bytes.reserve(96);
  EXPECT_EQ(bytes.data(), address);
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutTest, ReserveMovesToTheFrontWhatFitsThere) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(90, std::byte{'x'});
  const std::byte* const address = bytes.data();
  bytes.advance(45);
  bytes.reserve(50);
  EXPECT_EQ(bytes.data(), address);
  EXPECT_EQ(text_of(bytes), std::string(45, 'x'));
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutTest, ReserveDoesNotMoveMoreThanWasConsumed) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(90, std::byte{'x'});
  bytes.advance(40);
  EXPECT_FALSE(bytes.try_reclaim(50));
  bytes.reserve(50);
  EXPECT_EQ(bytes.capacity(), 200u);
  EXPECT_EQ(text_of(bytes), std::string(50, 'x'));
}

TYPED_TEST(BytesMutTest, NothingIsReclaimedFromOthers) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(100, std::byte{'x'});
  const auto front = bytes.split_to(90).freeze();
  EXPECT_FALSE(bytes.try_reclaim(1));
  EXPECT_EQ(bytes.capacity(), 10u);
}

TYPED_TEST(BytesMutTest, ReclaimsWhenTheOthersHaveGone) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(100, std::byte{'x'});
  { const auto front = bytes.split_to(90).freeze(); }
  EXPECT_TRUE(bytes.try_reclaim(90));
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutTest, NothingCannotBeReclaimed) {
  TypeParam bytes;
  EXPECT_TRUE(bytes.try_reclaim(0));
  EXPECT_FALSE(bytes.try_reclaim(1));
}

TYPED_TEST(BytesMutTest, AReadLoopDoesNotGrow) {
  auto bytes = TypeParam::with_capacity(64);
  for (int i = 0; i < 10'000; ++i) {
    bytes.reserve(32);
    bytes.append(32, std::byte{'x'});
    const auto frame = bytes.split().freeze();
    ASSERT_LE(bytes.capacity(), 64u);
  }
}

TYPED_TEST(BytesMutTest, ALoopThatKeepsARestDoesNotGrow) {
  TypeParam bytes;
  bytes.resize(50, std::byte{'x'});
  for (int i = 0; i < 10'000; ++i) {
    bytes.append(20, std::byte{'x'});
    bytes.advance(20);
    ASSERT_LE(bytes.capacity(), 280u);
  }
  EXPECT_EQ(text_of(bytes), std::string(50, 'x'));
}

TYPED_TEST(BytesMutTest, ALoopWhoseFramesLiveOnKeepsLargeBlocks) {
  std::vector<typename TypeParam::Shared> frames;
  auto bytes = TypeParam::with_capacity(4096);
  const std::byte* storage = bytes.data();
  int storages = 1;
  for (int i = 0; i < 1024; ++i) {
    const std::size_t before = bytes.capacity();
    bytes.append(64, std::byte{'x'});
    if (bytes.capacity() > before) ++storages;
    frames.push_back(bytes.split().freeze());
  }
  EXPECT_LE(storages, 16);
  EXPECT_EQ(frames[0].data(), storage);
}

TYPED_TEST(BytesMutTest, ImpossibleSizesAreLengthErrors) {
  auto bytes = TypeParam::copy_of(bytes_of("hello world"));
  EXPECT_THROW(bytes.reserve(SIZE_MAX - 6), std::length_error);
  static_cast<void>(bytes.split_to(5));
  EXPECT_THROW(bytes.reserve(SIZE_MAX - 6), std::length_error);
  EXPECT_THROW(bytes.reserve(SIZE_MAX), std::length_error);
  EXPECT_THROW(bytes.resize(SIZE_MAX, std::byte{}), std::length_error);
  EXPECT_THROW(TypeParam::with_capacity(SIZE_MAX), std::length_error);
  EXPECT_THROW(TypeParam().reserve(PTRDIFF_MAX), std::length_error);
  EXPECT_FALSE(bytes.try_reclaim(SIZE_MAX - 6));
  EXPECT_EQ(text_of(bytes), " world");
  EXPECT_LE(bytes.capacity(), 11u);
}

TYPED_TEST(BytesMutTest, LargeStoragesGrowAndEndLikeSmallOnes) {
  TypeParam bytes;
  for (int i = 0; i < 1000; ++i) bytes.append(1000, static_cast<std::byte>(i));
  ASSERT_EQ(bytes.size(), 1'000'000u);
  for (std::size_t i = 0; i < bytes.size(); i += 500)
    ASSERT_EQ(bytes.data()[i], static_cast<std::byte>(i / 1000));
  bytes.advance(1000);
  bytes.reserve(2'000'000);
  EXPECT_EQ(bytes.data()[0], std::byte{1});
  const auto frozen = std::move(bytes).freeze();
  EXPECT_EQ(frozen.slice(998'000, 999'000).data()[0], std::byte{999 & 0xff});
}

TYPED_TEST(BytesMutTest, LargeStoragesThatOthersReadAreCopied) {
  auto bytes = TypeParam::with_capacity(200'000);
  bytes.append(200'000, std::byte{'x'});
  const auto front = bytes.split_to(100'000).freeze();
  bytes.append(200'000, std::byte{'y'});
  EXPECT_EQ(text_of(front), std::string(100'000, 'x'));
  EXPECT_EQ(text_of(bytes), std::string(100'000, 'x') + std::string(200'000, 'y'));
}

TYPED_TEST(BytesMutTest, LargeStoragesWhoseEndOthersReadAreCopied) {
  for (const std::size_t size : {200'000u, 4'000'000u}) {
    auto bytes = TypeParam::with_capacity(size);
    bytes.append(size, std::byte{'x'});
    const auto tail = bytes.split_off(size / 2).freeze();
    bytes.append(2 * size, std::byte{'y'});
    EXPECT_EQ(text_of(tail), std::string(size / 2, 'x'));
    EXPECT_EQ(text_of(bytes), std::string(size / 2, 'x') + std::string(2 * size, 'y'));
  }
}

// Each frame is kept, so that no storage is ever free again.
TYPED_TEST(BytesMutTest, FramesThatAreKeptDoNotMoveTheBacklogEachTime) {
  constexpr std::size_t kFrame = 1500, kBacklog = 1 << 20;
  TypeParam bytes;
  bytes.append(kBacklog, std::byte{});
  const std::byte* address = bytes.data();
  int moves = 0;
  std::vector<typename TypeParam::Shared> kept;
  for (int i = 0; i < 1000; ++i) {
    bytes.append(kFrame, std::byte{});
    moves += bytes.data() != address;
    kept.push_back(bytes.split_to(kFrame).freeze());
    address = bytes.data();
  }
  EXPECT_LE(moves, 4);
}

TYPED_TEST(BytesMutTest, WithoutMemoryTheHandleIsAsItWas) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's allocator ends the program instead";
#endif
  auto large = TypeParam::with_capacity(200'000);
  large.append(bytes_of("text"));
  auto small = TypeParam::copy_of(bytes_of("text"));
  for (TypeParam* bytes : {&large, &small}) {
    const std::byte* const address = bytes->data();
    const std::size_t capacity = bytes->capacity();
    EXPECT_THROW(bytes->reserve(PTRDIFF_MAX - 100), std::bad_alloc);
    EXPECT_EQ(bytes->data(), address);
    EXPECT_EQ(bytes->capacity(), capacity);
    EXPECT_EQ(text_of(*bytes), "text");
  }
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

// What is reclaimed is written at once: a reader that still read it would be a data race.
TEST(BytesMut, ReclaimsOnlyAfterOtherThreadsHaveLetGo) {
  auto bytes = BytesMut::with_capacity(64);
  for (int round = 0; round < 100; ++round) {
    bytes.reserve(64);
    bytes.append(64, std::byte{'r'});
    long sum = 0;
    std::thread reader([&sum, frame = bytes.split().freeze()]() mutable {
      for (const std::byte byte : frame) sum += static_cast<long>(byte);
      frame = Bytes();
    });
    while (!bytes.try_reclaim(64)) std::this_thread::yield();
    EXPECT_EQ(sum, 64 * 'r');
    bytes.append(64, std::byte{'w'});
    bytes.clear();
    reader.join();
  }
}

}  // namespace
}  // namespace assay
