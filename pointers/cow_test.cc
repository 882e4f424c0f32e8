#include "pointers/cow.h"

#include <gtest/gtest.h>

#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {
namespace {

template <class C, class T>
concept BorrowsFrom = requires(T value) {
  C::borrow(std::forward<T>(value));
};

TEST(Cow, RefusesTemporaries) {
  EXPECT_TRUE((BorrowsFrom<Cow<std::string>, const std::string&>));
  EXPECT_FALSE((BorrowsFrom<Cow<std::string>, std::string&&>));
  EXPECT_TRUE((BorrowsFrom<Cow<std::string_view>, const std::string&>));
  EXPECT_TRUE((BorrowsFrom<Cow<std::string_view>, const char*>));
  EXPECT_FALSE((BorrowsFrom<Cow<std::string_view>, std::string&&>));
}

TEST(Cow, BorrowsASpanAndOwnsAVector) {
  const std::vector<int> source{1, 2, 3};
  auto cow = Cow<std::span<const int>>::borrow(source);
  EXPECT_EQ((*cow).data(), source.data());
  cow.to_mut().push_back(4);
  const std::span<const int> view = *cow;
  EXPECT_EQ(std::accumulate(view.begin(), view.end(), 0), 10);
  EXPECT_EQ(source.size(), 3u);
}

// What a filter of text returns: mostly its argument.
Cow<std::string_view> without_tabs(std::string_view text) {
  auto cow = Cow<std::string_view>::borrow(text);
  for (std::size_t at = 0; (at = text.find('\t', at)) != std::string_view::npos; ++at) cow.to_mut()[at] = ' ';
  return cow;
}

TEST(Cow, ReturnsAnArgumentOrItsCopy) {
  EXPECT_TRUE(without_tabs("nothing to do").is_borrowed());
  const auto changed = without_tabs("\tone\ttwo");
  EXPECT_FALSE(changed.is_borrowed());
  EXPECT_EQ(*changed, " one two");
  EXPECT_TRUE(changed == without_tabs(" one two"));
}

TEST(Cow, MovesWhatItOwns) {
  auto cow = Cow<std::string>::own(std::string(100, 'x'));
  const char* text = cow->data();
  const auto moved = std::move(cow);
  EXPECT_EQ(moved->data(), text);
  EXPECT_EQ(moved->size(), 100u);
}

template <class T, class Argument>
concept Borrows = requires(Argument&& argument) {
  Cow<T>::borrow(std::forward<Argument>(argument));
};
static_assert(Borrows<std::string, const std::string&> && Borrows<std::string, std::string&>);
static_assert(!Borrows<std::string, std::string>, "a temporary");
static_assert(!Borrows<std::string, const char (&)[5]> && !Borrows<long, int&>, "converted to a temporary");

}  // namespace
}  // namespace assay
