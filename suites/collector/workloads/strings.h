// Strings are built: a text is a rope of 256 pieces of 8 to 64 bytes, put to either end in turn, then written
// into one byte array, of which the latest 64 are kept. Most objects are byte arrays of many sizes, and die
// young. One operation is one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kStrings{
    .name = "collector_strings",
    .family = "collector",
    .sentence = "texts are built as ropes of 256 short pieces and written into one byte array each"};

struct StringsPlan {
  explicit StringsPlan(const Settings& settings)
      : kept(settings.scaled(kKept)), texts(kTextsPerKept * kept) {}

  static constexpr std::size_t kKept = 64, kTextsPerKept = 6, kPieces = 256;
  static constexpr std::size_t kRopeBytes = 4 * 8;

  static std::size_t piece_size(std::size_t number) { return 8 + mark_of(number) % 57; }
  static std::size_t text_size(std::size_t text) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < kPieces; ++i) size += piece_size(text * kPieces + i);
    return size;
  }
  // The last texts, and their array.
  std::size_t kept_bytes() const {
    std::size_t bytes = 8 + 8 * kept;
    for (std::size_t i = texts - kept; i < texts; ++i) bytes += 8 + text_size(i);
    return bytes;
  }
  // With one more text and its rope.
  std::size_t most_bytes() const {
    return kept_bytes() + 2 * (8 + text_size(texts)) + kPieces * 8 + (2 * kPieces - 1) * kRopeBytes;
  }

  std::size_t kept, texts;
};

inline void write_piece(char* text, std::size_t size, std::size_t number) {
  std::memset(text, static_cast<int>('a' + number % 26), size);
  std::memcpy(text, &number, sizeof number);
}

inline std::uint64_t read_text(const char* text, std::size_t size) {
  std::uint64_t sum = size;
  for (std::size_t at = 0; at + 8 <= size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text + at, sizeof word);
    sum = sum * 31 + word;
  }
  return sum;
}

// Of two parts one is a piece: the other is walked on. R: left_one(), right_one(), both null of a piece;
// text(), size().
template <class R>
void write_rope(const R* rope, char* text) {
  char* end = text + rope->size();
  const auto put = [&](const R* piece, char* place) { std::memcpy(place, piece->text(), piece->size()); };
  while (rope->left_one() != nullptr) {
    const R *const left = rope->left_one(), *const right = rope->right_one();
    if (right->left_one() == nullptr) {
      put(right, end -= right->size());
      rope = left;
    } else {
      put(left, text);
      text += left->size();
      rope = right;
    }
  }
  put(rope, text);
}

template <class H>
struct Rope {
  explicit Rope(Array<char>* its_text) : piece(its_text), length(its_text->size()) {}
  Rope(Rope* left_part, Rope* right_part)
      : left(left_part), right(right_part), length(left_part->length + right_part->length) {}
  const Rope* left_one() const { return left.get(); }
  const Rope* right_one() const { return right.get(); }
  const char* text() const { return piece.get()->data(); }
  std::size_t size() const { return length; }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(left);
    visit(right);
    visit(piece);
  }
  typename H::template Member<Rope> left, right;
  typename H::template Member<Array<char>> piece;
  std::size_t length;
};

template <Collector H>
class HeapStrings final : public HeapWorkload<H> {
 public:
  explicit HeapStrings(const Settings& settings) : plan_(settings) {
    this->operations = plan_.texts * StringsPlan::kPieces;
    this->peak_live = plan_.most_bytes();
    this->peak_objects = 2 + plan_.kept + 3 * StringsPlan::kPieces;
  }

 private:
  using Text = Array<char>;
  template <class T>
  using Root = typename H::template Root<T>;

  std::uint64_t run() override {
    Root<Array<typename H::template Member<Text>>> kept(this->mutator());
    kept = this->template make_array<typename H::template Member<Text>>(plan_.kept);
    std::uint64_t checksum = 0;
    for (std::size_t text = 0; text < plan_.texts; ++text) {
      this->progress(text * StringsPlan::kPieces, this->peak_live);
      Root<Rope<H>> rope(this->mutator());
      build(text, rope);
      Text* const flat = this->template make_array<char>(rope.get()->size());
      write_rope<Rope<H>>(rope.get(), flat->data());
      (*kept.get())[text % plan_.kept] = flat;
      checksum = fold(checksum, read_text(flat->data(), flat->size()));
    }
    this->finish(1 + plan_.kept, plan_.kept_bytes());
    return checksum;
  }

  void build(std::size_t text, Root<Rope<H>>& rope) {
    for (std::size_t i = 0; i < StringsPlan::kPieces; ++i) {
      const std::size_t number = text * StringsPlan::kPieces + i, size = StringsPlan::piece_size(number);
      Text* const letters = this->template make_array<char>(size);
      write_piece(letters->data(), size, number);
      Rope<H>* const piece = this->template make<Rope<H>>(letters);
      if (i == 0)
        rope = piece;
      else if (i % 2 == 0)
        rope = this->template make<Rope<H>>(rope.get(), piece);
      else
        rope = this->template make<Rope<H>>(piece, rope.get());
    }
  }

  const StringsPlan plan_;
};

template <class M>
struct OwnedRope {
  using Owner = typename M::template Owner<OwnedRope>;
  OwnedRope(typename M::template ArrayOwner<char>&& its_text, std::size_t size_of_text)
      : piece(std::move(its_text)), length(size_of_text) {}
  OwnedRope(Owner&& left_part, Owner&& right_part)
      : left(std::move(left_part)),
        right(std::move(right_part)),
        length(M::get(left)->length + M::get(right)->length) {}
  const OwnedRope* left_one() const { return M::get(left); }
  const OwnedRope* right_one() const { return M::get(right); }
  const char* text() const { return M::get(piece); }
  std::size_t size() const { return length; }
  void drop_owned() {
    M::drop(left);
    M::drop(right);
    M::drop_array(piece);
  }
  Owner left{}, right{};
  typename M::template ArrayOwner<char> piece{};
  std::size_t length;
};

template <ManualMemory M>
class OwnedStrings final : public OwnedWorkload<M> {
 public:
  explicit OwnedStrings(const Settings& settings) : plan_(settings) {
    this->operations = plan_.texts * StringsPlan::kPieces;
    this->peak_live = plan_.most_bytes();
  }

  std::uint64_t pass() override {
    auto kept = M::template make_array<typename M::template ArrayOwner<char>>(plan_.kept);
    std::uint64_t checksum = 0;
    for (std::size_t text = 0; text < plan_.texts; ++text) {
      auto rope = build(text);
      const std::size_t size = M::get(rope)->size();
      auto flat = M::template make_array<char>(size);
      write_rope<OwnedRope<M>>(M::get(rope), M::get(flat));
      checksum = fold(checksum, read_text(M::get(flat), size));
      M::drop(rope);
      auto dead = std::exchange(M::get(kept)[text % plan_.kept], std::move(flat));
      M::drop_array(dead);
    }
    for (std::size_t i = 0; i < plan_.kept; ++i) M::drop_array(M::get(kept)[i]);
    M::drop_array(kept);
    return checksum;
  }

 private:
  static typename OwnedRope<M>::Owner build(std::size_t text) {
    typename OwnedRope<M>::Owner rope{};
    for (std::size_t i = 0; i < StringsPlan::kPieces; ++i) {
      const std::size_t number = text * StringsPlan::kPieces + i, size = StringsPlan::piece_size(number);
      auto letters = M::template make_array<char>(size);
      write_piece(M::get(letters), size, number);
      auto piece = M::template make<OwnedRope<M>>(std::move(letters), size);
      if (i == 0) {
        rope = std::move(piece);
      } else {
        auto longer = i % 2 == 0 ? M::template make<OwnedRope<M>>(std::move(rope), std::move(piece))
                                 : M::template make<OwnedRope<M>>(std::move(piece), std::move(rope));
        rope = std::move(longer);
      }
    }
    return rope;
  }

  const StringsPlan plan_;
};

template <class S>
void add_string_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kStrings, make_workload<HeapStrings<S>>));
  else
    static const WorkloadEntry entry(made_by(kStrings, make_workload<OwnedStrings<S>>));
}

}  // namespace assay::suite::collector
