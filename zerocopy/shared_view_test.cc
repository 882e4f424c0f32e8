#include "zerocopy/shared_view.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "zerocopy/cursor.h"
#include "zerocopy/eventually.h"

namespace assay {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Buffer>
class ViewedBufferTest : public ::testing::Test {};
using Flavours = ::testing::Types<ViewedBuffer, LocalViewedBuffer>;
TYPED_TEST_SUITE(ViewedBufferTest, Flavours);

TYPED_TEST(ViewedBufferTest, ViewsAreTheBytesOfTheBuffer) {
  const auto buffer = TypeParam::copy_of(bytes_of("hello world"));
  const auto view = buffer.view(6, 11);
  EXPECT_EQ(view.data(), buffer.data() + 6);
  EXPECT_EQ(text_of(view), "world");
  EXPECT_EQ(text_of(view.slice(1, 3)), "or");
}

TYPED_TEST(ViewedBufferTest, CountsViewsAndTheirCopies) {
  const auto buffer = TypeParam::copy_of(bytes_of("text"));
  EXPECT_EQ(buffer.views(), 0u);
  {
    const auto first = buffer.view();
    const auto second = first;
    const auto third = second.slice(1, 2);
    EXPECT_EQ(buffer.views(), 3u);
  }
  EXPECT_EQ(buffer.views(), 0u);
}

TYPED_TEST(ViewedBufferTest, MovesOfViewsKeepTheCount) {
  const auto buffer = TypeParam::copy_of(bytes_of("text"));
  auto view = buffer.view();
  auto moved = std::move(view);
  EXPECT_TRUE(view.empty());
  EXPECT_EQ(buffer.views(), 1u);
  view = std::move(moved);
  EXPECT_EQ(buffer.views(), 1u);
  view = {};
  EXPECT_EQ(buffer.views(), 0u);
}

TYPED_TEST(ViewedBufferTest, CanBeChangedWhenNoViewIsLeft) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  { const auto view = buffer.view(); }
  buffer.append(bytes_of(" and more"));
  EXPECT_EQ(text_of(buffer.view()), "text and more");
  buffer.resize(4, std::byte{});
  buffer.resize(6, std::byte{'!'});
  EXPECT_EQ(text_of(buffer.view()), "text!!");
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
}

TYPED_TEST(ViewedBufferTest, AppendsItsOwnBytes) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  buffer.append({buffer.data(), buffer.size()});
  EXPECT_EQ(text_of(buffer.view()), "texttext");
}

TYPED_TEST(ViewedBufferTest, ChangesWhileAViewLivesEndTheProgram) {
  auto buffer = TypeParam::with_capacity(100);
  buffer.append(bytes_of("text"));
  const auto view = buffer.view();
  EXPECT_DEATH(buffer.append(bytes_of("x")), "ViewedBuffer I1: append\\(\\) while 1 views live");
  EXPECT_DEATH(buffer.resize(2, std::byte{}), "ViewedBuffer I1: resize\\(\\) while 1 views live");
  EXPECT_DEATH(buffer.clear(), "ViewedBuffer I1: clear\\(\\) while 1 views live");
  EXPECT_DEATH(static_cast<void>(buffer.write()), "ViewedBuffer I1: write\\(\\) while 1 views live");
}

TYPED_TEST(ViewedBufferTest, EmptyViewsCountToo) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  const auto view = buffer.view(4, 4);
  EXPECT_DEATH(buffer.clear(), "ViewedBuffer I1");
}

TYPED_TEST(ViewedBufferTest, AViewThatOutlivesTheBufferEndsTheProgram) {
  const auto outlive = [] {
    typename TypeParam::View view;
    const auto buffer = TypeParam::copy_of(bytes_of("text"));
    view = buffer.view();
  };
  EXPECT_DEATH(outlive(), "ViewedBuffer I1: the end of the buffer while 1 views live");
}

TYPED_TEST(ViewedBufferTest, AssigningOverAViewedBufferEndsTheProgram) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  const auto view = buffer.view();
  EXPECT_DEATH(buffer = TypeParam(), "ViewedBuffer I1: the end of the buffer");
}

TYPED_TEST(ViewedBufferTest, ViewsStayWhenTheBufferMoves) {
  TypeParam moved;
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  const auto view = buffer.view();
  moved = std::move(buffer);
  EXPECT_EQ(view.data(), moved.data());
  EXPECT_EQ(moved.views(), 1u);
  EXPECT_EQ(text_of(view), "text");
}

TYPED_TEST(ViewedBufferTest, AWriterWrites) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  {
    const auto writer = buffer.write();
    ASSERT_EQ(writer.size(), 4u);
    *writer.begin() = std::byte{'n'};
  }
  EXPECT_EQ(text_of(buffer.view()), "next");
}

TYPED_TEST(ViewedBufferTest, NothingElseHappensWhileAWriterLives) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  const auto writer = buffer.write();
  EXPECT_EQ(buffer.views(), 0u);
  EXPECT_DEATH(static_cast<void>(buffer.view()), "ViewedBuffer I2: a view while a writer lives");
  EXPECT_DEATH(static_cast<void>(buffer.write()), "ViewedBuffer I1: write\\(\\) while a writer lives");
  EXPECT_DEATH(buffer.append(bytes_of("x")), "ViewedBuffer I1: append\\(\\) while a writer lives");
}

TYPED_TEST(ViewedBufferTest, ViewsAreWithinTheBuffer) {
  const auto buffer = TypeParam::copy_of(bytes_of("text"));
  auto view = buffer.view(1, 3);
  EXPECT_DEATH(static_cast<void>(buffer.view(2, 5)), "ViewedBuffer I3");
  EXPECT_DEATH(static_cast<void>(buffer.view(3, 2)), "ViewedBuffer I3");
  EXPECT_DEATH(static_cast<void>(view.slice(0, 3)), "ViewedBuffer I3: view from 0 to 3 of 2 bytes");
  EXPECT_DEATH(view.advance(3), "ViewedBuffer I3");
}

TYPED_TEST(ViewedBufferTest, AViewIsASource) {
  const auto buffer = TypeParam::copy_of(bytes_of("abc"));
  auto view = buffer.view();
  EXPECT_EQ(get_be<std::uint16_t>(view), 0x6162);
  EXPECT_EQ(text_of(view), "c");
}

TYPED_TEST(ViewedBufferTest, NothingHasViewsToo) {
  TypeParam nothing;
  const auto view = nothing.view();
  EXPECT_TRUE(view.empty());
  EXPECT_EQ(nothing.write().size(), 0u);
  nothing.append(bytes_of("text"));
  EXPECT_EQ(text_of(nothing.view()), "text");
}

TYPED_TEST(ViewedBufferTest, ImpossibleSizesAreLengthErrors) {
  auto buffer = TypeParam::copy_of(bytes_of("text"));
  EXPECT_THROW(buffer.resize(SIZE_MAX, std::byte{}), std::length_error);
  EXPECT_THROW(TypeParam::with_capacity(SIZE_MAX - 6), std::length_error);
  EXPECT_EQ(text_of(buffer.view()), "text");
}

template <class Count>
void view_too_often() {
  const auto buffer = BasicViewedBuffer<Count>::copy_of(bytes_of("text"));
  const std::vector<BasicSharedView<Count>> most(127, buffer.view());
  const auto one_more = buffer.view();
}

TEST(ViewedBuffer, OneViewTooManyEndsTheProgram) {
  EXPECT_DEATH(view_too_often<zerocopy::AtomicViewCount<std::uint8_t>>(), "ViewedBuffer I4");
  EXPECT_DEATH(view_too_often<zerocopy::LocalViewCount<std::uint8_t>>(), "ViewedBuffer I4");
}

// What was viewed is written at once: a view that was still read would be a data race.
TEST(ViewedBuffer, IsWrittenOnlyAfterTheViewsOfOtherThreadsHaveEnded) {
  auto buffer = ViewedBuffer::copy_of(bytes_of("text"));
  for (int round = 0; round < 100; ++round) {
    std::optional<SharedView> mine = buffer.view();
    char first = 0;
    std::thread reader([&first, view = *mine]() mutable {
      const SharedView copy = view;
      first = static_cast<char>(copy.data()[0]);
      view = {};
    });
    mine.reset();
    EXPECT_TRUE(testing::eventually([&] { return buffer.views() == 0; }));
    EXPECT_EQ(first, 't');
    *buffer.write().data() = std::byte{'t'};
    reader.join();
  }
}

}  // namespace
}  // namespace assay
