#include "zerocopy/chain.h"

#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace assay {
namespace {

Bytes bytes_of(std::string_view text) { return Bytes::copy_of(std::as_bytes(std::span(text))); }
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Chain, RemainingIsTheSum) { EXPECT_EQ(chain(bytes_of("ab"), bytes_of("cde")).remaining(), 5u); }

TEST(Chain, ChunksComeInOrder) {
  auto both = chain(bytes_of("ab"), bytes_of("cde"));
  EXPECT_EQ(text_of(both.chunk()), "ab");
  both.advance(2);
  EXPECT_EQ(text_of(both.chunk()), "cde");
  both.advance(3);
  EXPECT_TRUE(both.chunk().empty());
}

TEST(Chain, AdvancesAcrossTheJoint) {
  auto both = chain(bytes_of("ab"), bytes_of("cde"));
  both.advance(3);
  EXPECT_EQ(text_of(both.chunk()), "de");
  EXPECT_TRUE(both.first().empty());
}

TEST(Chain, AdvancingTooFarEndsTheProgram) {
  auto both = chain(bytes_of("ab"), bytes_of("cde"));
  EXPECT_DEATH(both.advance(6), "Bytes I1");
  EXPECT_DEATH(static_cast<void>(both.copy_to_bytes(6)), "cursor I1");
}

TEST(Chain, RemainingDoesNotWrap) {
  struct Endless {
    std::size_t remaining() const noexcept { return SIZE_MAX - 1; }
    std::span<const std::byte> chunk() const noexcept { return {}; }
    void advance(std::size_t) {}
  };
  EXPECT_EQ(chain(Endless(), Endless()).remaining(), SIZE_MAX);
}

TEST(Chain, VectorsReferToTheBytes) {
  const auto all = chain(bytes_of("ab"), chain(Bytes(), chain(bytes_of("c"), bytes_of("def"))));
  std::array<iovec, 8> vectors;
  ASSERT_EQ(all.chunks(vectors), 3u);
  EXPECT_EQ(vectors[0].iov_base, all.first().data());
  EXPECT_EQ(vectors[1].iov_len, 1u);
  EXPECT_EQ(vectors[2].iov_base, all.second().second().second().data());
  EXPECT_EQ(vectors[2].iov_len, 3u);
}

TEST(Chain, FillsNoMoreVectorsThanThereAre) {
  const auto all = chain(bytes_of("ab"), chain(bytes_of("c"), bytes_of("def")));
  std::array<iovec, 3> vectors{};
  EXPECT_EQ(all.chunks(std::span(vectors).first(2)), 2u);
  EXPECT_EQ(vectors[2].iov_base, nullptr);
  EXPECT_EQ(all.chunks({}), 0u);
}

// Of two chunks, and without chunks().
struct InTwo {
  std::size_t remaining() const noexcept { return left.size() + right.size(); }
  std::span<const std::byte> chunk() const noexcept { return left.empty() ? right.chunk() : left.chunk(); }
  void advance(std::size_t n) {
    const std::size_t of_left = std::min(n, left.size());
    left.advance(of_left);
    right.advance(n - of_left);
  }
  Bytes left, right;
};

TEST(Chain, VectorsLeaveNothingOutBetweenThem) {
  auto both = chain(InTwo{bytes_of("ab"), bytes_of("cd")}, bytes_of("ef"));
  std::string seen;
  std::array<iovec, 8> vectors;
  while (const std::size_t filled = both.chunks(vectors)) {
    std::size_t size = 0;
    for (const iovec& vector : std::span(vectors).first(filled)) {
      seen.append(static_cast<const char*>(vector.iov_base), vector.iov_len);
      size += vector.iov_len;
    }
    both.advance(size);
  }
  EXPECT_EQ(seen, "abcdef");
}

TEST(Chain, IsWrittenByWritevInPieces) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const std::string body(1000, 'b');
  auto message = chain(bytes_of("head "), chain(bytes_of(body), bytes_of(" tail")));
  std::string received;
  while (message.remaining() != 0) {
    std::array<iovec, 2> vectors;
    const std::size_t n = message.chunks(vectors);
    vectors[n - 1].iov_len = (vectors[n - 1].iov_len + 1) / 2;
    const ssize_t written = writev(pipe_ends[1], vectors.data(), static_cast<int>(n));
    ASSERT_GT(written, 0);
    message.advance(static_cast<std::size_t>(written));
    std::array<char, 2000> buffer;
    const ssize_t got = read(pipe_ends[0], buffer.data(), buffer.size());
    ASSERT_EQ(got, written);
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_EQ(received, "head " + body + " tail");
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(Chain, TakesBytesOfOneSideWithoutACopy) {
  auto both = chain(bytes_of("abcd"), bytes_of("efgh"));
  const std::byte* const first = both.first().data();
  const std::byte* const second = both.second().data();
  EXPECT_EQ(both.copy_to_bytes(4).data(), first);
  EXPECT_EQ(both.copy_to_bytes(2).data(), second);
}

TEST(Chain, TakesBytesOfBothSidesByACopy) {
  auto both = chain(BytesMut::copy_of(bytes_of("abcd")), bytes_of("efgh"));
  EXPECT_EQ(text_of(both.copy_to_bytes(6)), "abcdef");
  EXPECT_EQ(both.remaining(), 2u);
}

TEST(Chain, GivesItsSourcesBack) {
  auto both = chain(bytes_of("ab"), bytes_of("cd"));
  both.advance(1);
  const Bytes first = std::move(both.first());
  EXPECT_EQ(text_of(first), "b");
  EXPECT_EQ(text_of(both.second()), "cd");
}

}  // namespace
}  // namespace assay
