// What every object of a random program should be: who owns it, who refers to it, and which objects end, in
// which order, when owners go.
//
// Objects are numbered as they are made. Every place that may own one (a variable, an alias, a raw pointer,
// an array, a child of a live object) is an int: the number of the object, or kNone. Counts are not kept but
// counted, so that the oracle has nothing to get wrong.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "suites/core/clause.h"

namespace assay::suite::pointer::model {

constexpr int kNone = -1;
constexpr long kMostElements = 16;  // of an array

struct Object {
  bool alive = true;
  bool derived = false;  // made as another type than its owners name
  int children[2] = {kNone, kNone};
  int link = kNone;   // may refer to an object that is dead
  long elements = 1;  // of an array more
  const void* address = nullptr;
};

class Oracle {
 public:
  // A place outside that owns or refers to an object, for as long as the oracle lives.
  void add_owner(const int* place) { owners_.push_back(place); }
  void add_watcher(const int* place) { watchers_.push_back(place); }

  int make(const void* address, long elements = 1) {
    objects_.emplace_back();
    objects_.back().address = address;
    objects_.back().elements = elements;
    return static_cast<int>(objects_.size()) - 1;
  }
  int next() const { return static_cast<int>(objects_.size()); }
  Object& operator[](int object) { return objects_[static_cast<std::size_t>(object)]; }

  static long number(int object, long element = 0) { return object * kMostElements + element; }

  std::size_t owners(int object) const { return count()[static_cast<std::size_t>(object)]; }

  std::size_t watchers(int object) const {
    std::size_t found = 0;
    for (const int* place : watchers_) found += *place == object;
    for (const Object& other : objects_) found += other.alive && other.link == object;
    return found;
  }

  long live() const {
    long values = 0;
    for (const Object& object : objects_)
      if (object.alive) values += object.elements;
    return values;
  }

  long live_derived() const {
    return std::count_if(objects_.begin(), objects_.end(),
                         [](const Object& object) { return object.alive && object.derived; });
  }

  // Whether `from` owns `to`, over any number of objects: then `to` must not own `from`.
  bool reaches(int from, int to) const {
    std::vector<bool> seen(objects_.size());
    std::vector<int> left{from};
    while (!left.empty()) {
      const int object = left.back();
      left.pop_back();
      if (object == to) return true;
      if (object == kNone || seen[static_cast<std::size_t>(object)]) continue;
      seen[static_cast<std::size_t>(object)] = true;
      for (const int child : objects_[static_cast<std::size_t>(object)].children) left.push_back(child);
    }
    return false;
  }

  // Ends every object that has no owner left, and compares with the numbers that were logged. The order of
  // two objects is defined where one owned the other: an owner is destroyed before what it owned.
  void settle(const char* after, std::vector<long>& ended) {
    std::vector<std::size_t> owners = count();
    std::vector<int> dying;
    for (std::size_t i = 0; i < objects_.size(); ++i)
      if (objects_[i].alive && owners[i] == 0) dying.push_back(static_cast<int>(i));
    long expected = 0;
    for (std::size_t i = 0; i < dying.size(); ++i) {
      Object& object = (*this)[dying[i]];
      object.alive = false;
      expected += object.elements;
      const std::size_t mine = position(after, dying[i], 0, ended);
      for (long element = 1; element < object.elements; ++element)
        require(position(after, dying[i], element, ended) < position(after, dying[i], element - 1, ended),
                "after %s, element %ld of array %d was destroyed before its successor", after, element - 1,
                dying[i]);
      for (int& child : object.children) {
        if (child == kNone) continue;
        if ((*this)[child].alive) {
          const auto at = std::find(ended.begin(), ended.end(), number(child));
          require(at == ended.end() || static_cast<std::size_t>(at - ended.begin()) > mine,
                  "after %s, object %d was destroyed before object %d, which owned it", after, child,
                  dying[i]);
          if (--owners[static_cast<std::size_t>(child)] == 0) dying.push_back(child);
        }
        child = kNone;
      }
    }
    for (const long value : ended) {
      const auto object = static_cast<int>(value / kMostElements);
      require(std::find(dying.begin(), dying.end(), object) != dying.end(),
              "after %s, object %d was destroyed with owners left or a second time", after, object);
    }
    require(static_cast<long>(ended.size()) == expected, "after %s, %zu values were destroyed, not %ld",
            after, ended.size(), expected);
    ended.clear();
  }

 private:
  // Owners of every object.
  std::vector<std::size_t> count() const {
    std::vector<std::size_t> owners(objects_.size());
    const auto add = [&](int object) {
      if (object != kNone) ++owners[static_cast<std::size_t>(object)];
    };
    for (const int* place : owners_) add(*place);
    for (const Object& object : objects_) {
      if (!object.alive) continue;
      add(object.children[0]);
      add(object.children[1]);
    }
    return owners;
  }

  static std::size_t position(const char* after, int object, long element, const std::vector<long>& ended) {
    const auto at = std::find(ended.begin(), ended.end(), number(object, element));
    require(at != ended.end(), "after %s, object %d has no owner and was not destroyed", after, object);
    return static_cast<std::size_t>(at - ended.begin());
  }

  std::vector<Object> objects_;
  std::vector<const int*> owners_, watchers_;
};

}  // namespace assay::suite::pointer::model
