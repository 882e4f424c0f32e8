#include "zerocopy/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "zerocopy/eventually.h"

namespace assay {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An owner that says when it is gone.
struct Owner {
  Owner(std::string value, int& ended) : text(std::move(value)), ends(&ended) {}
  Owner(Owner&& other) noexcept : text(std::move(other.text)), ends(std::exchange(other.ends, nullptr)) {}
  ~Owner() {
    if (ends != nullptr) ++*ends;
  }
  operator std::span<const std::byte>() const { return bytes_of(text); }

  std::string text;
  int* ends;
};

template <class B>
class BytesTest : public ::testing::Test {};
using Flavours = ::testing::Types<Bytes, LocalBytes>;
TYPED_TEST_SUITE(BytesTest, Flavours);

constexpr std::array<std::byte, 3> kConstant{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
constinit const Bytes kStatic = Bytes::from_static(kConstant);

TEST(Bytes, OfStaticBytesAreMadeBeforeTheProgramRuns) {
  EXPECT_EQ(kStatic.data(), kConstant.data());
  EXPECT_EQ(text_of(kStatic.slice(1, 3)), "bc");
}

TEST(Bytes, OfStaticBytesCanBeSlicedByTheCompiler) {
  static_assert(Bytes::from_static(kConstant).slice(1, 2).size() == 1);
  static_assert(*Bytes::from_static(kConstant).split_off(2).data() == std::byte{'c'});
}

TYPED_TEST(BytesTest, CopiesAndSlicesAreAtTheSameAddresses) {
  const auto whole = TypeParam::copy_of(bytes_of("hello world"));
  const TypeParam copy = whole;
  const TypeParam slice = copy.slice(6, 11);
  EXPECT_EQ(copy.data(), whole.data());
  EXPECT_EQ(slice.data(), whole.data() + 6);
  EXPECT_EQ(text_of(slice), "world");
}

TYPED_TEST(BytesTest, SlicesOutliveTheHandleTheyCameFrom) {
  TypeParam slice;
  {
    const auto whole = TypeParam::copy_of(bytes_of("a text that is longer than a short string"));
    slice = whole.slice(2, 6);
  }
  EXPECT_EQ(text_of(slice), "text");
}

TYPED_TEST(BytesTest, SplitToTakesTheFront) {
  auto rest = TypeParam::copy_of(bytes_of("hello world"));
  const TypeParam first = rest.split_to(5);
  EXPECT_EQ(text_of(first), "hello");
  EXPECT_EQ(text_of(rest), " world");
  EXPECT_EQ(first.data() + 5, rest.data());
}

TYPED_TEST(BytesTest, SplitOffTakesTheEnd) {
  auto first = TypeParam::copy_of(bytes_of("hello world"));
  const TypeParam rest = first.split_off(5);
  EXPECT_EQ(text_of(first), "hello");
  EXPECT_EQ(text_of(rest), " world");
}

TYPED_TEST(BytesTest, TruncateAndAdvanceCutOneHandleOnly) {
  const auto whole = TypeParam::copy_of(bytes_of("hello world"));
  TypeParam middle = whole;
  middle.truncate(8);
  middle.advance(6);
  middle.truncate(100);
  EXPECT_EQ(text_of(middle), "wo");
  EXPECT_EQ(text_of(whole), "hello world");
}

TYPED_TEST(BytesTest, AMovedHandleIsEmptyAndTheCountStays) {
  auto from = TypeParam::copy_of(bytes_of("hello"));
  const TypeParam to = std::move(from);
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(text_of(to), "hello");
  EXPECT_TRUE(to.is_unique());
}

TYPED_TEST(BytesTest, CanBeAssignedToItself) {
  auto bytes = TypeParam::copy_of(bytes_of("hello"));
  auto& same = bytes;
  bytes = same;
  bytes = std::move(same);
  EXPECT_EQ(text_of(bytes), "hello");
  EXPECT_TRUE(bytes.is_unique());
}

TYPED_TEST(BytesTest, SliceOfFindsAPart) {
  const auto whole = TypeParam::copy_of(bytes_of("key: value"));
  const TypeParam value = whole.slice_of(whole.chunk().subspan(5));
  EXPECT_EQ(value.data(), whole.data() + 5);
  EXPECT_EQ(text_of(value), "value");
}

TYPED_TEST(BytesTest, AnEmptyPartIsAPartOfAll) {
  const auto whole = TypeParam::copy_of(bytes_of("text"));
  EXPECT_TRUE(whole.slice_of({}).empty());
  EXPECT_TRUE(whole.slice_of(whole.chunk().last(0)).empty());
}

TYPED_TEST(BytesTest, EmptySlicesShareTheStorageAndNeverEndIt) {
  const auto whole = TypeParam::copy_of(bytes_of("text"));
  {
    const TypeParam nothing = whole.slice(2, 2);
    EXPECT_FALSE(whole.is_unique());
  }
  EXPECT_TRUE(whole.is_unique());
  EXPECT_EQ(text_of(whole), "text");
}

TYPED_TEST(BytesTest, AnOwnerEndsWithTheLastHandle) {
  int ends = 0;
  {
    TypeParam slice;
    {
      const auto whole = TypeParam::from_owner(Owner("short", ends));
      slice = whole.slice(1, 4);
    }
    EXPECT_EQ(ends, 0);
    EXPECT_EQ(text_of(slice), "hor");
  }
  EXPECT_EQ(ends, 1);
}

TYPED_TEST(BytesTest, AnEmptyHandleKeepsAnOwner) {
  int ends = 0;
  auto bytes = TypeParam::from_owner(Owner("", ends));
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(ends, 0);
  bytes = TypeParam();
  EXPECT_EQ(ends, 1);
}

TYPED_TEST(BytesTest, AnOwnerMayBeMoreAlignedThanTheStorage) {
  struct alignas(64) Block {
    std::array<std::byte, 64> bytes{};
    operator std::span<const std::byte>() const { return bytes; }
  };
  const auto bytes = TypeParam::from_owner(Block());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64, 0u);
}

TYPED_TEST(BytesTest, AnOwnerThatThrowsLeavesNothingBehind) {
  static int alive = 0;
  struct Thrower {
    Thrower() { ++alive; }
    Thrower(const Thrower&) { ++alive; }
    ~Thrower() { --alive; }
    operator std::span<const std::byte>() const { throw std::runtime_error("no bytes"); }
  };
  EXPECT_THROW(TypeParam::from_owner(Thrower()), std::runtime_error);
  EXPECT_EQ(alive, 0);
}

// An owner that is a handle to another owner's bytes, and says when it has ended.
template <class B>
struct Level {
  Level(B bytes, std::vector<int>& ended, int id) : inner(std::move(bytes)), ends(&ended), number(id) {}
  Level(Level&& other) noexcept
      : inner(std::move(other.inner)), ends(std::exchange(other.ends, nullptr)), number(other.number) {}
  ~Level() {
    if (ends == nullptr) return;
    inner = B();
    ends->push_back(number);
  }
  operator std::span<const std::byte>() const { return inner.chunk(); }

  B inner;
  std::vector<int>* ends;
  int number;
};
template <class B>
B chain_of(int levels, std::vector<int>& ended) {
  B outermost = B::copy_of(bytes_of("text"));
  for (int i = 0; i < levels; ++i) outermost = B::from_owner(Level<B>(std::move(outermost), ended, i));
  return outermost;
}

TYPED_TEST(BytesTest, OwnersThatKeepOwnersEndOnLittleStack) {
  constexpr int kLevels = 200'000;
  std::vector<int> ended;
  {
    const TypeParam outermost = chain_of<TypeParam>(kLevels, ended);
    EXPECT_EQ(text_of(outermost), "text");
    EXPECT_TRUE(ended.empty());
  }
  EXPECT_EQ(ended.size(), static_cast<std::size_t>(kLevels));
}

TYPED_TEST(BytesTest, AFewOwnersEndWithinThoseThatKeepThem) {
  std::vector<int> ended;
  chain_of<TypeParam>(5, ended) = TypeParam();
  EXPECT_EQ(ended, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Bytes, OwnersOfBothKindsKeepEachOther) {
  std::vector<int> ended;
  Bytes outermost = chain_of<Bytes>(3, ended);
  for (int i = 0; i < 50'000; ++i)
    outermost = Bytes::from_owner(
        Level<LocalBytes>(LocalBytes::from_owner(Level<Bytes>(std::move(outermost), ended, 0)), ended, 1));
  outermost = Bytes();
  EXPECT_EQ(ended.size(), 100'003u);
}

TYPED_TEST(BytesTest, IsUniqueWhileThereIsOneHandle) {
  const auto bytes = TypeParam::copy_of(bytes_of("text"));
  EXPECT_TRUE(bytes.is_unique());
  {
    const TypeParam copy = bytes;
    EXPECT_FALSE(bytes.is_unique());
    EXPECT_FALSE(copy.is_unique());
  }
  EXPECT_TRUE(bytes.is_unique());
}

TYPED_TEST(BytesTest, WithoutStorageNobodyIsUnique) {
  EXPECT_FALSE(TypeParam().is_unique());
  EXPECT_FALSE(TypeParam::from_static(kConstant).is_unique());
}

TYPED_TEST(BytesTest, UniqueBytesCanBeWrittenWhereTheyAre) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  const std::byte* const address = bytes.data();
  auto written = std::move(bytes).try_into_mut();
  ASSERT_TRUE(written.has_value());
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(written->data(), address);
  EXPECT_EQ(text_of(written->chunk()), "text");
}

TYPED_TEST(BytesTest, WrittenBytesHaveTheRoomToTheEndOfTheStorage) {
  auto mutable_bytes = TypeParam::Mutable::with_capacity(100);
  mutable_bytes.append(bytes_of("hello world"));
  auto bytes = std::move(mutable_bytes).freeze();
  bytes.advance(6);
  auto written = std::move(bytes).try_into_mut();
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->capacity(), 94u);
}

TYPED_TEST(BytesTest, SharedBytesStayAsTheyAre) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  const TypeParam copy = bytes;
  EXPECT_FALSE(std::move(bytes).try_into_mut().has_value());
  EXPECT_EQ(text_of(bytes), "text");
}

TYPED_TEST(BytesTest, AnOwnersBytesAreNeverWritten) {
  int ends = 0;
  auto bytes = TypeParam::from_owner(Owner("text", ends));
  EXPECT_TRUE(bytes.is_unique());
  EXPECT_FALSE(std::move(bytes).try_into_mut().has_value());
  EXPECT_EQ(text_of(bytes), "text");
}

TYPED_TEST(BytesTest, CompareAsUnsignedBytes) {
  const auto low = TypeParam::copy_of(bytes_of("ab"));
  const auto high = TypeParam::copy_of(bytes_of("a\xff"));
  EXPECT_LT(low, high);
  EXPECT_LT(low.slice(0, 1), low);
  EXPECT_EQ(low.slice(0, 1), high.slice(0, 1));
  EXPECT_EQ(TypeParam(), low.slice(2, 2));
}

TYPED_TEST(BytesTest, MisuseEndsTheProgram) {
  auto bytes = TypeParam::copy_of(bytes_of("text"));
  EXPECT_DEATH(static_cast<void>(bytes.slice(3, 2)), "Bytes I1: range from 3 to 2 of 4");
  EXPECT_DEATH(static_cast<void>(bytes.slice(0, 5)), "Bytes I1");
  EXPECT_DEATH(static_cast<void>(bytes.split_to(5)), "Bytes I1: position 5 of 4");
  EXPECT_DEATH(static_cast<void>(bytes.split_off(SIZE_MAX)), "Bytes I1");
  EXPECT_DEATH(bytes.advance(5), "Bytes I1");
}

TYPED_TEST(BytesTest, APartOfOtherMemoryEndsTheProgram) {
  const auto whole = TypeParam::copy_of(bytes_of("a text"));
  const TypeParam bytes = whole.slice(1, 5);
  EXPECT_DEATH(static_cast<void>(bytes.slice_of(bytes_of("text"))), "Bytes I2");
  EXPECT_DEATH(static_cast<void>(bytes.slice_of(whole.chunk().first(2))), "Bytes I2");
  EXPECT_DEATH(static_cast<void>(bytes.slice_of(whole.chunk().last(2))), "Bytes I2");
}

template <class B>
void clone_too_often(std::size_t most) {
  std::vector<B> handles(most, B::copy_of(bytes_of("text")));
  handles.push_back(handles.back());
}

TEST(Bytes, OneHandleTooManyEndsTheProgram) {
  using Narrow = BasicBytes<zerocopy::AtomicCount<std::uint8_t>>;
  EXPECT_DEATH(clone_too_often<Narrow>(127), "Storage I3");
  const std::vector<Narrow> most(126, Narrow::copy_of(bytes_of("text")));
}

TEST(Bytes, OneHandleTooManyEndsTheProgramAlsoBesideThreads) {
  using Narrow = BasicBytes<zerocopy::AtomicCount<std::uint8_t>>;
  EXPECT_DEATH(std::thread([] { clone_too_often<Narrow>(127); }).join(), "Storage I3");
}

TEST(LocalBytes, OneHandleTooManyEndsTheProgram) {
  using Narrow = BasicBytes<zerocopy::LocalCount<std::uint8_t>>;
  EXPECT_DEATH(clone_too_often<Narrow>(255), "Storage I3");
  const std::vector<Narrow> most(254, Narrow::copy_of(bytes_of("text")));
}

TEST(Bytes, HandlesAreClonedAndDroppedOnSeveralThreads) {
  int ends = 0;
  {
    const auto shared = Bytes::from_owner(Owner(std::string(1000, 'x'), ends));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 3; ++t)
      threads.emplace_back([mine = shared.slice(t, 1000 - t)] {
        for (std::size_t i = 0; i < 10'000; ++i) {
          Bytes copy = mine;
          const Bytes front = copy.split_to(i % copy.size());
          ASSERT_EQ(front.size() + copy.size(), mine.size());
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(shared.is_unique());
    EXPECT_EQ(ends, 0);
  }
  EXPECT_EQ(ends, 1);
}

// Two threads have the only handles, and each tries to write: one of them may, and only when the other has
// read and let go. A writer that comes too early is a data race for ThreadSanitizer, and a wrong text here.
TEST(Bytes, ManyBytesAreInOtherLinesThanTheirCount) {
  using Storage = zerocopy::Storage<zerocopy::AtomicCount<>>;
  Storage* storage = Storage::allocate(Storage::kLeastLarge);
  EXPECT_GE(storage->bytes() - reinterpret_cast<std::byte*>(storage), 64);
  storage->bytes()[0] = storage->bytes()[Storage::kLeastLarge - 1] = std::byte{1};
  storage = Storage::grow(storage, 2 * Storage::kLeastLarge);
  EXPECT_EQ(storage->bytes()[Storage::kLeastLarge - 1], std::byte{1});
  storage->drop_handle();
}

TEST(Bytes, OnlyTheLastHandleCanBeWritten) {
  std::atomic<int> wrong{0};
  for (int round = 0; round < 200; ++round) {
    auto here = Bytes::copy_of(bytes_of("aaaa"));
    const auto use = [&wrong](Bytes mine) {
      if (text_of(mine) != "aaaa") ++wrong;
      if (auto written = std::move(mine).try_into_mut()) written->data()[0] = std::byte{'b'};
    };
    std::thread other(use, here);
    use(std::move(here));
    other.join();
  }
  EXPECT_EQ(wrong, 0);
}

// One thread waits until it is alone, and must then see what the other did last.
TEST(Bytes, WhoIsUniqueComesAfterTheOtherHandles) {
  for (int round = 0; round < 100; ++round) {
    int last_words = 0;
    auto here = Bytes::copy_of(bytes_of("text"));
    std::thread other([&last_words, mine = here]() mutable {
      last_words = static_cast<int>(mine.size());
      mine = Bytes();
    });
    EXPECT_TRUE(testing::eventually([&] { return here.is_unique(); }));
    EXPECT_EQ(last_words, 4);
    EXPECT_TRUE(std::move(here).try_into_mut().has_value());
    other.join();
  }
}

}  // namespace
}  // namespace assay
