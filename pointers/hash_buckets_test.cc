// What the suite of the family cannot know: keys and values of other types, and a hash that is no help.
#include "pointers/hash_buckets.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "pointers/epoch.h"
#include "pointers/hazard.h"

namespace assay {
namespace {

struct SameForAll {
  std::size_t operator()(const std::string&) const { return 42; }
};

template <class Domain>
class HashBucketsTest : public testing::Test {};
using Domains = testing::Types<EpochDomain, HazardDomain>;
TYPED_TEST_SUITE(HashBucketsTest, Domains);

TYPED_TEST(HashBucketsTest, TellsKeysApartThatHaveOneHash) {
  TypeParam domain;
  HashBuckets<std::string, std::shared_ptr<int>, TypeParam, SameForAll> table(domain, 64);
  const auto value = std::make_shared<int>(7);
  for (const char* key : {"b", "a", "d", "c"}) EXPECT_TRUE(table.insert(key, value));
  EXPECT_EQ(value.use_count(), 5);
  EXPECT_FALSE(table.insert("c", nullptr));
  EXPECT_TRUE(table.erase("b"));
  EXPECT_FALSE(table.find("b").has_value());
  for (const char* key : {"a", "c", "d"}) EXPECT_EQ(table.find(key).value(), value);
  domain.collect();
  EXPECT_EQ(value.use_count(), 4);
}

struct Refusing {
  Refusing() = default;
  Refusing(Refusing&&) = default;
  Refusing(const Refusing&) { throw std::runtime_error("no copies"); }
};

TYPED_TEST(HashBucketsTest, ACopyThatThrowsLetsGoOfTheNode) {
  TypeParam domain;
  HashBuckets<int, Refusing, TypeParam> table(domain, 1);
  EXPECT_TRUE(table.insert(1, Refusing()));
  EXPECT_THROW(table.find(1), std::runtime_error);
  EXPECT_TRUE(table.erase(1));
  domain.collect();
  EXPECT_EQ(domain.garbage(), 0U);
}

struct alignas(16) Aligned {
  int value = 7;
};

TYPED_TEST(HashBucketsTest, HoldsOverAlignedValues) {
  TypeParam domain;
  HashBuckets<int, Aligned, TypeParam> table(domain, 4);
  table.insert(1, Aligned());
  EXPECT_EQ(table.find(1)->value, 7);
}

}  // namespace
}  // namespace assay
