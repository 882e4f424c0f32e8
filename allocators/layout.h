// Where the members of a struct lie, what is lost between them, and the order that loses least.
//
//   struct Order { bool paid; double price; std::uint16_t lines; };
//   static_assert(assay::padding_of<&Order::paid, &Order::price, &Order::lines> == 13);
//   std::fputs(assay::describe<&Order::paid, &Order::price, &Order::lines>().table().c_str(), stdout);
//
//   Order: 24 bytes, alignment 8, 13 of them padding (54 %), 1 cache line of 64 bytes
//     offset    size  align  line  member
//          0       1      1     0  paid
//          1       7                 (hole)
//          8       8      8     0  price
//         16       2      2     0  lines
//         18       6                 (tail)
//   In the order price, lines, paid: 16 bytes.
//
// Idea: a pointer to member is all that is needed. Its type gives size and alignment, and the compiler's name
// of the template it instantiates gives the member's: both at compile time. Its value is the member's offset
// (Itanium C++ ABI, 2.3), which no constant expression may read, so the table is made at run time.
//
// Invariants
//   I1  Members are in the order of their offsets, each named once; the bytes that they cover, holes and tail
//       add up to the size.
//   I2  No order of the members, each aligned as its type wants, takes less than least_size_of.
//
// Why that order is the best: by falling alignment every member begins where the one before it ends, because
// the size of a type is a multiple of its alignment. So nothing is lost but the tail, and no struct of these
// members and this alignment can be smaller than their sum, rounded up to it.
//
// Members may overlap, in a union or with [[no_unique_address]]: the table says which, and bytes that several
// cover count once. No order is proposed then, and padding_of, which knows no offsets, must not be asked.
//
// Does not: see bit-fields, base classes and members that were not named, which it shows as holes; know of
// an alignas on a member or on the struct (one on the type of a member it knows) in least_size_of.
//
// Thread-safe: has no state. Source: C++20 [class.mem], [basic.align]; Itanium C++ ABI; the table is in the
// manner of pahole (A. Carvalho de Melo, "The 7 dwarves: debugging information beyond gdb", 2007).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/check.h"

namespace assay {

inline constexpr std::size_t kCacheLine = 64;

namespace layout {

template <class Pointer>
struct OfPointer;
template <class S, class M>
struct OfPointer<M S::*> {
  using Struct = S;
  using Member = M;
};
template <auto member>
using StructOf = typename OfPointer<decltype(member)>::Struct;
template <auto member>
using MemberOf = typename OfPointer<decltype(member)>::Member;

// "Order" of "… [with T = Order]", "price" of "… [with auto member = &Order::price]".
constexpr std::string_view last_name(std::string_view function) {
  function = function.substr(0, std::min(function.find(';'), function.size() - 1));  // aliases, bracket
  while (function.ends_with(')') || function.ends_with(' ')) function.remove_suffix(1);
  std::size_t at = function.size();
  for (std::size_t depth = 0; at > 0; --at) {
    const char c = function[at - 1];
    if (c == '>') ++depth;
    if (c == '<') --depth;
    if (depth == 0 && (c == ':' || c == '&' || c == ' ' || c == '=')) break;
  }
  return function.substr(at);
}
template <auto member>
constexpr std::string_view name_of_member() {
  return last_name(__PRETTY_FUNCTION__);
}
template <class T>
constexpr std::string_view name_of_type() {
  return last_name(__PRETTY_FUNCTION__);
}

template <auto first, auto... others>
constexpr bool of_one_struct() {
  return (std::is_same_v<StructOf<others>, StructOf<first>> && ...);
}

struct Shape {
  std::size_t size, alignment;
};

// The size of a struct of these members in this order, which is aligned to `alignment` at least.
template <std::size_t n>
constexpr std::size_t size_in_order(const std::array<Shape, n>& members, std::size_t alignment) {
  std::size_t end = 0;
  for (const Shape& member : members) {
    end = (end + member.alignment - 1) / member.alignment * member.alignment + member.size;
    alignment = std::max(alignment, member.alignment);
  }
  return std::max<std::size_t>(1, (end + alignment - 1) / alignment * alignment);
}

}  // namespace layout

// Bytes of the struct that belong to none of these members, which lie apart.
template <auto first, auto... others>
inline constexpr std::size_t padding_of = [] {
  static_assert(layout::of_one_struct<first, others...>(), "members of one struct");
  constexpr std::size_t kSum = (sizeof(layout::MemberOf<first>) + ... + sizeof(layout::MemberOf<others>));
  static_assert(kSum <= sizeof(layout::StructOf<first>), "members overlap: describe() tells the padding");
  return sizeof(layout::StructOf<first>) - kSum;
}();

// The smallest size that these members can have side by side, in the best order.
template <auto first, auto... others>
inline constexpr std::size_t least_size_of = [] {
  static_assert(layout::of_one_struct<first, others...>(), "members of one struct");
  std::array<layout::Shape, 1 + sizeof...(others)> shapes{
      {{sizeof(layout::MemberOf<first>), alignof(layout::MemberOf<first>)},
       {sizeof(layout::MemberOf<others>), alignof(layout::MemberOf<others>)}...}};
  std::sort(shapes.begin(), shapes.end(),
            [](const layout::Shape& a, const layout::Shape& b) { return a.alignment > b.alignment; });
  return layout::size_in_order(shapes, 1);
}();

struct MemberLayout {
  std::string_view name;
  std::size_t offset, size;
  std::size_t alignment;  // of its type
  std::size_t hole;       // bytes of padding in front of it
  bool overlaps;          // begins below the end of another one

  // Not aligned as its type wants: in a packed struct.
  bool misaligned(std::size_t struct_alignment) const {
    return offset % alignment != 0 || struct_alignment < alignment;
  }
  // A cache line ends within it, although it would fit into one, when the struct begins a line.
  bool straddles() const {
    return size > 0 && size <= kCacheLine && offset / kCacheLine != (offset + size - 1) / kCacheLine;
  }
};

struct StructLayout {
  std::string_view name;
  std::size_t size, alignment, padding;
  std::size_t least_size;             // of members side by side
  std::size_t tail;                   // bytes of padding after the last member
  std::vector<MemberLayout> members;  // by offset
  std::vector<std::string_view> best_order;

  bool overlaps() const {
    return std::any_of(members.begin(), members.end(), [](const MemberLayout& m) { return m.overlaps; });
  }
  std::size_t cache_lines() const { return (size + kCacheLine - 1) / kCacheLine; }
  // Of an array of them that begins at a line, one element touches so many lines on average.
  double lines_touched() const {
    const std::size_t period = kCacheLine / std::gcd(size, kCacheLine);
    std::size_t lines = 0;
    for (std::size_t i = 0; i < period; ++i)
      lines += (i * size + size - 1) / kCacheLine - i * size / kCacheLine + 1;
    return static_cast<double>(lines) / static_cast<double>(period);
  }

  std::string table() const;
  void check_invariants() const;
};

namespace layout {

template <auto pointer>
MemberLayout member() {
  using Member = MemberOf<pointer>;
  return {.name = name_of_member<pointer>(),
          .offset = std::bit_cast<std::size_t>(pointer),
          .size = sizeof(Member),
          .alignment = alignof(Member),
          .hole = 0,
          .overlaps = false};
}

}  // namespace layout

template <auto first, auto... others>
StructLayout describe() {
  using Struct = layout::StructOf<first>;
  StructLayout result{layout::name_of_type<Struct>(),
                      sizeof(Struct),
                      alignof(Struct),
                      0,
                      least_size_of<first, others...>,
                      0,
                      {layout::member<first>(), layout::member<others>()...},
                      {}};
  std::stable_sort(result.members.begin(), result.members.end(),
                   [](const MemberLayout& a, const MemberLayout& b) { return a.offset < b.offset; });
  std::size_t end = 0;
  for (MemberLayout& member : result.members) {
    member.overlaps = member.offset < end;
    member.hole = member.overlaps ? 0 : member.offset - end;
    result.padding += member.hole;
    end = std::max(end, member.offset + member.size);
  }
  result.tail = result.size - end;
  result.padding += result.tail;
  std::vector<MemberLayout> best = result.members;
  std::stable_sort(best.begin(), best.end(),
                   [](const MemberLayout& a, const MemberLayout& b) { return a.alignment > b.alignment; });
  for (const MemberLayout& member : best) result.best_order.push_back(member.name);
  return result;
}

inline void StructLayout::check_invariants() const {
  std::size_t begin = 0, end = 0, holes = 0, covered = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const MemberLayout& member = members[i];
    if (member.offset < begin)
      trap("Layout I1", "a member at %zu is behind one at %zu", member.offset, begin);
    if (member.overlaps != (member.offset < end))
      trap("Layout I1", "a member at %zu, where others end at %zu", member.offset, end);
    for (std::size_t other = 0; other < i; ++other)
      if (members[other].offset == member.offset && members[other].name == member.name)
        trap("Layout I1", "the member at %zu is named twice", member.offset);
    const std::size_t member_end = member.offset + member.size;
    begin = member.offset;
    holes += member.hole;
    covered += member_end - std::min(member_end, std::max(begin, end));
    end = std::max(end, member_end);
  }
  if (end > size || covered + holes + tail != size || padding != holes + tail)
    trap("Layout I1", "%zu bytes of members, %zu of holes and %zu of tail in %zu", covered, holes, tail,
         size);
}

inline std::string StructLayout::table() const {
  std::string text;
  const auto line = [&text](const char* format, auto... values) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    const auto more = static_cast<std::size_t>(std::snprintf(nullptr, 0, format, values...));
    const std::size_t at = text.size();
    text.resize(at + more);
    std::snprintf(text.data() + at, more + 1, format, values...);
#pragma GCC diagnostic pop
  };
  const auto length = [](std::string_view view) { return static_cast<int>(view.size()); };
  line("%.*s: %zu bytes, alignment %zu, %zu of them padding (%zu %%), %zu cache line%s of %zu bytes\n",
       length(name), name.data(), size, alignment, padding, padding * 100 / size, cache_lines(),
       cache_lines() == 1 ? "" : "s", kCacheLine);
  line("  offset    size  align  line  member\n");
  for (const MemberLayout& member : members) {
    if (member.hole > 0) line("%8zu%8zu                 (hole)\n", member.offset - member.hole, member.hole);
    line("%8zu%8zu%7zu%6zu  %.*s%s%s%s\n", member.offset, member.size, member.alignment,
         member.offset / kCacheLine, length(member.name), member.name.data(),
         member.misaligned(alignment) ? "  (misaligned)" : "",
         member.straddles() ? "  (straddles a line)" : "", member.overlaps ? "  (overlaps)" : "");
  }
  if (tail > 0) line("%8zu%8zu                 (tail)\n", size - tail, tail);
  std::size_t largest = 1;
  for (const MemberLayout& member : members) largest = std::max(largest, member.alignment);
  if (overlaps()) return text;
  if (alignment > largest) {
    line("Over-aligned: without alignas %zu bytes at best.\n", least_size);
  } else if (least_size < size) {
    text += "In the order ";
    for (std::size_t i = 0; i < best_order.size(); ++i) text.append(i == 0 ? "" : ", ").append(best_order[i]);
    line(": %zu bytes.\n", least_size);
  }
  return text;
}

}  // namespace assay
