// The C++ compiler: templates that instantiate templates, containers and regular expressions of the library,
// optimised; cc1plus, the assembler and the linker allocate. What comes out is compared byte by byte.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kTemplates[] = R"cpp(
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

  template <int N>
  struct Shape {
    int sides = N;
    double area() const { return N * 0.5; }
  };

  template <class Sequence>
  struct Variants;
  template <int... N>
  struct Variants<std::integer_sequence<int, N...>> {
    using Type = std::variant<Shape<N>...>;
    static Type make(int which) {
      Type made;
      ((which == N ? (made = Shape<N>(), 0) : 0), ...);
      return made;
    }
  };
  using Shapes = Variants<std::make_integer_sequence<int, 8>>;

  template <int Row, int Column>
  constexpr long pascal() {
    if constexpr (Column == 0 || Column == Row)
      return 1;
    else
      return pascal<Row - 1, Column - 1>() + pascal<Row - 1, Column>();
  }
  template <int... Row>
  long triangle(std::integer_sequence<int, Row...>) {
    return (pascal<Row, Row / 2>() + ...);
  }

  template <class Key, class Value>
  struct Index {
    std::map<Key, std::vector<Value>> ordered;
    std::unordered_map<std::string, std::shared_ptr<Value>> named;
    std::function<bool(const Value&)> wanted;
    void add(Key key, Value value) {
      named.emplace(std::to_string(ordered.size()), std::make_shared<Value>(value));
      ordered[key].push_back(std::move(value));
    }
    long count() const {
      long n = 0;
      for (const auto& [key, values] : ordered) n += std::count_if(values.begin(), values.end(), wanted);
      return n;
    }
  };

  template <int... N>
  long indices(std::integer_sequence<int, N...>) {
    long total = 0;
    (
        [&] {
          Index<std::array<int, N + 1>, std::tuple<int, std::string, Shape<N>>> index;
          index.wanted = [](const auto& value) { return std::get<0>(value) % (N + 2) == 0; };
          for (int i = 0; i < 100; ++i) index.add({i % 7}, {i, std::string(i, 'x'), {}});
          total += index.count();
        }(),
        ...);
    return total;
  }

  int main() {
    double area = 0;
    for (int i = 0; i < 8; ++i)
      area += std::visit([](const auto& shape) { return shape.area(); }, Shapes::make(i));
    std::printf("%.1f %ld %ld\n", area, triangle(std::make_integer_sequence<int, 16>()),
                indices(std::make_integer_sequence<int, 1>()));
  }
)cpp";

Files inputs() { return {{"templates.cc", kTemplates}}; }

constexpr char kScript[] = R"sh(
g++ -std=c++20 -O2 -Wall -c templates.cc
g++ templates.o -o templates
./templates
)sh";

}  // namespace

Program gcc() {
  return {.name = "gcc",
          .needs = {"g++"},
          .inputs = inputs,
          .script = kScript,
          .files = {"templates.o", "templates"},
          .users = {"g++", "cc1plus", "as", "collect2", "ld", "templates"}};
}

}  // namespace assay::suite::programs
