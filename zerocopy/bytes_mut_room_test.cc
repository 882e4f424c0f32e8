// Where room to write comes from: growth, and what others have left.
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
#include "zerocopy/bytes_mut.h"
#include "zerocopy/eventually.h"

namespace assay {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class M>
class BytesMutRoomTest : public ::testing::Test {};
using Flavours = ::testing::Types<BytesMut, LocalBytesMut>;
TYPED_TEST_SUITE(BytesMutRoomTest, Flavours);

TYPED_TEST(BytesMutRoomTest, GrowthAtLeastDoubles) {
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

TYPED_TEST(BytesMutRoomTest, AppendsItsOwnBytes) {
  auto bytes = TypeParam::copy_of(bytes_of("hello"));
  bytes.append(bytes.chunk().subspan(1, 3));
  bytes.append(bytes.chunk());
  EXPECT_EQ(text_of(bytes), "helloellhelloell");
}

TYPED_TEST(BytesMutRoomTest, AppendsItsOwnBytesToALargeStorage) {
  TypeParam bytes;
  bytes.append(5000, std::byte{'x'});
  bytes.append(bytes_of("end"));
  bytes.append(bytes.chunk().last(3));
  for (int i = 0; i < 6; ++i) bytes.append(bytes.chunk());
  ASSERT_EQ(bytes.size(), 64u * 5006);
  for (std::size_t i = 0; i < 64; ++i)
    ASSERT_EQ(text_of(bytes.chunk().subspan(i * 5006 + 4999, 7)), "xendend");
}

TYPED_TEST(BytesMutRoomTest, AppendsItsOwnBytesWhenTheyMoveToTheFront) {
  auto bytes = TypeParam::with_capacity(16);
  bytes.append(bytes_of("0123456789abcd"));
  bytes.advance(10);
  bytes.append(bytes.chunk());
  EXPECT_EQ(text_of(bytes), "abcdabcd");
  EXPECT_EQ(bytes.capacity(), 16u);
}

TYPED_TEST(BytesMutRoomTest, ReserveTakesTheRoomThatPartsBehindHaveLeft) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.append(bytes_of("text"));
  const std::byte* const address = bytes.data();
  static_cast<void>(bytes.split_off(4));
  bytes.reserve(96);
  EXPECT_EQ(bytes.data(), address);
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutRoomTest, ReserveMovesToTheFrontWhatFitsThere) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(90, std::byte{'x'});
  const std::byte* const address = bytes.data();
  bytes.advance(45);
  bytes.reserve(50);
  EXPECT_EQ(bytes.data(), address);
  EXPECT_EQ(text_of(bytes), std::string(45, 'x'));
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutRoomTest, ReserveDoesNotMoveMoreThanWasConsumed) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(90, std::byte{'x'});
  bytes.advance(40);
  EXPECT_FALSE(bytes.try_reclaim(50));
  bytes.reserve(50);
  EXPECT_EQ(bytes.capacity(), 200u);
  EXPECT_EQ(text_of(bytes), std::string(50, 'x'));
}

TYPED_TEST(BytesMutRoomTest, NothingIsReclaimedFromOthers) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(100, std::byte{'x'});
  const auto front = bytes.split_to(90).freeze();
  EXPECT_FALSE(bytes.try_reclaim(1));
  EXPECT_EQ(bytes.capacity(), 10u);
}

TYPED_TEST(BytesMutRoomTest, ReclaimsWhenTheOthersHaveGone) {
  auto bytes = TypeParam::with_capacity(100);
  bytes.resize(100, std::byte{'x'});
  { const auto front = bytes.split_to(90).freeze(); }
  EXPECT_TRUE(bytes.try_reclaim(90));
  EXPECT_EQ(bytes.capacity(), 100u);
}

TYPED_TEST(BytesMutRoomTest, NothingCannotBeReclaimed) {
  TypeParam bytes;
  EXPECT_TRUE(bytes.try_reclaim(0));
  EXPECT_FALSE(bytes.try_reclaim(1));
}

TYPED_TEST(BytesMutRoomTest, AReadLoopDoesNotGrow) {
  auto bytes = TypeParam::with_capacity(64);
  for (int i = 0; i < 10'000; ++i) {
    bytes.reserve(32);
    bytes.append(32, std::byte{'x'});
    const auto frame = bytes.split().freeze();
    ASSERT_LE(bytes.capacity(), 64u);
  }
}

TYPED_TEST(BytesMutRoomTest, ALoopThatKeepsARestDoesNotGrow) {
  TypeParam bytes;
  bytes.resize(50, std::byte{'x'});
  for (int i = 0; i < 10'000; ++i) {
    bytes.append(20, std::byte{'x'});
    bytes.advance(20);
    ASSERT_LE(bytes.capacity(), 280u);
  }
  EXPECT_EQ(text_of(bytes), std::string(50, 'x'));
}

TYPED_TEST(BytesMutRoomTest, ALoopWhoseFramesLiveOnKeepsLargeBlocks) {
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

TYPED_TEST(BytesMutRoomTest, ImpossibleSizesAreLengthErrors) {
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

TYPED_TEST(BytesMutRoomTest, LargeStoragesGrowAndEndLikeSmallOnes) {
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

TYPED_TEST(BytesMutRoomTest, LargeStoragesThatOthersReadAreCopied) {
  auto bytes = TypeParam::with_capacity(200'000);
  bytes.append(200'000, std::byte{'x'});
  const auto front = bytes.split_to(100'000).freeze();
  bytes.append(200'000, std::byte{'y'});
  EXPECT_EQ(text_of(front), std::string(100'000, 'x'));
  EXPECT_EQ(text_of(bytes), std::string(100'000, 'x') + std::string(200'000, 'y'));
}

TYPED_TEST(BytesMutRoomTest, LargeStoragesWhoseEndOthersReadAreCopied) {
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
TYPED_TEST(BytesMutRoomTest, FramesThatAreKeptDoNotMoveTheBacklogEachTime) {
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

TYPED_TEST(BytesMutRoomTest, WithoutMemoryTheHandleIsAsItWas) {
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

// What is reclaimed is written at once: a reader that still read it would be a data race.
TEST(BytesMutRoom, ReclaimsOnlyAfterOtherThreadsHaveLetGo) {
  auto bytes = BytesMut::with_capacity(64);
  for (int round = 0; round < 100; ++round) {
    bytes.reserve(64);
    bytes.append(64, std::byte{'r'});
    long sum = 0;
    std::thread reader([&sum, frame = bytes.split().freeze()]() mutable {
      for (const std::byte byte : frame) sum += static_cast<long>(byte);
      frame = Bytes();
    });
    EXPECT_TRUE(testing::eventually([&] { return bytes.try_reclaim(64); }));
    EXPECT_EQ(sum, 64 * 'r');
    bytes.append(64, std::byte{'w'});
    bytes.clear();
    reader.join();
  }
}

}  // namespace
}  // namespace assay
