// A pool of handles and its oracle, for programs that a model makes and for tests that are pasted from them.
// Every operation is valid in every state: `which` counts handles around.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "suites/buffer/model/pool.h"

namespace assay::suite::buffer {

template <class B>
class Run {
 public:
  using Mutable = typename B::Mutable;
  static constexpr std::size_t kMostHandles = 24;  // of each kind
  static constexpr std::size_t kMostBytes = 20'000;

  explicit Run(bool checks_always = false) : checks_always_(checks_always) {}
  ~Run() {
    shared_.clear();
    mutable_.clear();
    require(Witness::live == 0, "%ld owners outlived their handles", Witness::live);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // New handles.

  void make_static(std::size_t n) {
    const View bytes = static_content(std::min(n, kMostStatic));
    add(B::from_static(bytes), Content(bytes.begin(), bytes.end()), Origin::kStatic, new_id(), new_id());
  }
  void copy_of(std::size_t n) {
    const Content bytes = fresh(n);
    add(B::copy_of(bytes), bytes, Origin::kCopied, new_id(), new_id());
  }
  void own(std::size_t n) {
    const Content bytes = fresh(n);
    const long id = new_id();
    B made =
        B::from_owner(Counted(bytes, pool_.ended, id));  // what it was made of is gone before add() looks
    add(std::move(made), bytes, Origin::kOwned, id, new_id());
  }
  void make_room(std::size_t n) {
    Mutable made = Mutable::with_capacity(n);
    require(made.capacity() >= n, "with_capacity(%zu) has room for %zu", n, made.capacity());
    add(std::move(made), {}, new_id(), new_id());
  }

  // Shared handles.

  void copy(std::size_t which) {
    if (shared_.empty()) return;
    const Shared& from = nth(shared_, which);
    add(B(from.handle), from.bytes, from.origin, from.family, from.storage, from.handle.data());
  }
  void assign(std::size_t which, std::size_t other) {
    if (shared_.empty()) return;
    Shared &to = nth(shared_, which), &from = nth(shared_, other);
    to.handle = from.handle;
    to.bytes = Content(from.bytes);
    to.origin = from.origin;
    to.family = from.family;
    to.storage = from.storage;
    changed(to, "assigned to");
  }
  void move(std::size_t which, std::size_t other) {
    if (shared_.size() < 2) return;
    Shared &to = nth(shared_, which), &from = nth(shared_, other);
    if (&to == &from) return;
    to.handle = std::move(from.handle);
    to.bytes = std::exchange(from.bytes, {});
    to.origin = from.origin;
    to.family = from.family;
    to.storage = from.storage;
    changed(from, "moved from");
    changed(to, "moved to");
  }
  void slice(std::size_t which, std::size_t at, std::size_t n) {
    if (shared_.empty()) return;
    const Shared& from = nth(shared_, which);
    const std::size_t begin = at % (from.bytes.size() + 1), end = std::min(begin + n - 1, from.bytes.size());
    const std::byte* address = from.handle.data() + begin;
    const View view = part(from.bytes, begin, end);
    add(at % 3 == 0 && !view.empty() ? from.handle.slice_of(View(address, view.size()))
                                     : from.handle.slice(begin, end),
        Content(view.begin(), view.end()), from.origin, from.family, from.storage, address);
  }
  void split(std::size_t which, std::size_t at) {
    if (shared_.empty()) return;
    Shared& from = nth(shared_, which);
    const std::size_t n = at % (from.bytes.size() + 1);
    const std::byte* address = from.handle.data();
    Content front(from.bytes.begin(), from.bytes.begin() + static_cast<std::ptrdiff_t>(n));
    Content back(from.bytes.begin() + static_cast<std::ptrdiff_t>(n), from.bytes.end());
    const bool takes_front = at % 2 == 0;
    B taken = takes_front ? from.handle.split_to(n) : from.handle.split_off(n);
    from.bytes = takes_front ? back : front;
    changed(from, "that was split");
    expect_at<B>(from.handle, takes_front ? address + n : address, "that was split");
    add(std::move(taken), takes_front ? front : back, from.origin, from.family, from.storage,
        takes_front ? address : address + n);
  }
  void shorten(std::size_t which, std::size_t at) {
    if (shared_.empty()) return;
    Shared& from = nth(shared_, which);
    const std::size_t n = at % (from.bytes.size() + 1);
    shorten(from.handle, from.bytes, n, at % 7);
    changed(from, "that was shortened");
  }
  void compare(std::size_t which, std::size_t other) {
    if (shared_.empty()) return;
    const Shared &a = nth(shared_, which), &b = nth(shared_, other);
    const bool equal = a.bytes == b.bytes;
    const bool less =
        std::lexicographical_compare(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
    require((a.handle == b.handle) == equal && (a.handle < b.handle) == less,
            "== says %d of equal bytes (%d), < says %d of less (%d)", a.handle == b.handle, equal,
            a.handle < b.handle, less);
  }
  void is_unique(std::size_t which) {
    if (shared_.empty()) return;
    const Shared& of = nth(shared_, which);
    if (of.origin == Origin::kStatic || of.bytes.empty()) return;
    const bool says = of.handle.is_unique();
    if (pool_.is_certainly_shared(of))
      require(!says, "is_unique() says yes of a handle that shares its bytes");
    if (pool_.is_certainly_alone(of)) require(says, "is_unique() says no of the only handle");
  }
  void try_into_mut(std::size_t which) {
    if (shared_.empty()) return;
    Shared& from = nth(shared_, which);
    const std::byte* address = from.handle.data();
    auto made = std::move(from.handle).try_into_mut();
    if (!made.has_value()) {
      require(!(from.origin == Origin::kWritten && pool_.is_certainly_alone(from)) || from.bytes.empty(),
              "try_into_mut of the only handle was refused");
      expect_at<B>(from.handle, address, "after try_into_mut was refused");
      changed(from, "after try_into_mut was refused");
      return;
    }
    require(from.bytes.empty() || (from.origin != Origin::kStatic && from.origin != Origin::kOwned),
            "try_into_mut took bytes of others");
    require(from.bytes.empty() || !pool_.is_certainly_shared(from),
            "try_into_mut took bytes that are shared");
    Content bytes = std::exchange(from.bytes, {});
    changed(from, "that became mutable");
    const bool was_written = from.origin == Origin::kWritten || from.origin == Origin::kCopied;
    add(std::move(*made), std::move(bytes), was_written ? from.family : new_id(), from.storage, address);
  }
  void drop(std::size_t which) { erase(shared_, which); }

  // Mutable ones.

  void append(std::size_t which, std::size_t n) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    if (to.bytes.size() + n > kMostBytes) return;
    const Content more = fresh(n);
    growing(to, n, [&] { to.handle.append(more); });
    to.bytes.insert(to.bytes.end(), more.begin(), more.end());
    changed(to, "that was appended to");
  }
  void append_shared(std::size_t which, std::size_t other) {
    if (mutable_.empty() || shared_.empty()) return;
    Writable& to = nth(mutable_, which);
    const Shared& from = nth(shared_, other);
    if (to.bytes.size() + from.bytes.size() > kMostBytes) return;
    growing(to, from.bytes.size(), [&] { to.handle.append(View(from.handle.data(), from.handle.size())); });
    to.bytes.insert(to.bytes.end(), from.bytes.begin(), from.bytes.end());
    changed(to, "that was appended to");
  }
  void commit(std::size_t which, std::size_t n) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    const std::span<std::byte> spare = to.handle.spare();
    require(spare.size() == to.handle.capacity() - to.bytes.size(), "spare() has %zu bytes of %zu - %zu",
            spare.size(), to.handle.capacity(), to.bytes.size());
    const Content more = fresh(std::min({n, spare.size(), kMostBytes - to.bytes.size()}));
    if (!more.empty()) std::memcpy(spare.data(), more.data(), more.size());
    to.handle.commit(more.size());
    to.bytes.insert(to.bytes.end(), more.begin(), more.end());
    changed(to, "that was committed to");
  }
  // Writes where it may: to every byte, and to all the room.
  void write(std::size_t which) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    to.bytes = fresh(to.bytes.size());
    std::copy(to.bytes.begin(), to.bytes.end(), to.handle.data());
    const std::span<std::byte> spare = to.handle.spare();
    std::fill(spare.begin(), spare.end(), static_cast<std::byte>(next_));
    changed(to, "that was written to");
  }
  void resize(std::size_t which, std::size_t n) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    const auto fill = static_cast<std::byte>(++next_);
    const auto resize = [&] { to.handle.resize(n, fill); };
    if (n > to.bytes.size())
      growing(to, n - to.bytes.size(), resize);
    else
      resize();
    to.bytes.resize(n, fill);
    changed(to, "that was resized");
  }
  void reserve(std::size_t which, std::size_t n) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    growing(to, n, [&] { to.handle.reserve(n); });
    require(to.handle.spare().size() >= n, "after reserve(%zu) there is room for %zu", n,
            to.handle.spare().size());
    changed(to, "with room reserved");
  }
  void try_reclaim(std::size_t which, std::size_t n) {
    if (mutable_.empty()) return;
    Writable& to = nth(mutable_, which);
    const bool room = to.handle.spare().size() >= n;
    bool says = false;
    growing(to, n, [&] { says = to.handle.try_reclaim(n); });
    require(says || !room, "try_reclaim(%zu) says no, with the room", n);
    require(!says || to.handle.spare().size() >= n, "try_reclaim(%zu) says yes, with room for %zu", n,
            to.handle.spare().size());
    changed(to, "after try_reclaim");
  }
  void shorten_mutable(std::size_t which, std::size_t at) {
    if (mutable_.empty()) return;
    Writable& from = nth(mutable_, which);
    shorten(from.handle, from.bytes, at % (from.bytes.size() + 1), at % 7);
    changed(from, "that was shortened");
  }
  void split_mutable(std::size_t which, std::size_t at) {
    if (mutable_.empty()) return;
    Writable& from = nth(mutable_, which);
    const std::size_t how = at % 3, size = from.bytes.size();
    const std::size_t n = how == 2 ? size : at / 3 % (size + 1);
    const std::byte* address = from.handle.data();
    Content front(from.bytes.begin(), from.bytes.begin() + static_cast<std::ptrdiff_t>(n));
    Content back(from.bytes.begin() + static_cast<std::ptrdiff_t>(n), from.bytes.end());
    const bool takes_front = how != 1;
    Mutable taken = how == 0   ? from.handle.split_to(n)
                    : how == 1 ? from.handle.split_off(n)
                               : from.handle.split();
    from.bytes = takes_front ? back : front;
    changed(from, "that was split");
    expect_at<B>(from.handle, takes_front ? address + n : address, "that was split");
    add(std::move(taken), takes_front ? front : back, from.family, from.storage,
        takes_front ? address : address + n);
  }
  void unsplit(std::size_t which, std::size_t other) {
    if (mutable_.size() < 2) return;
    Writable &to = nth(mutable_, which), &from = nth(mutable_, other);
    if (&to == &from || to.bytes.size() + from.bytes.size() > kMostBytes) return;
    to.handle.unsplit(std::move(from.handle));
    to.bytes.insert(to.bytes.end(), from.bytes.begin(), from.bytes.end());
    from.bytes.clear();
    // It may be in either storage now, or in a new one.
    if (to.family != from.family) pool_.merge(to.family, from.family);
    to.storage = new_id();
    changed(from, "that was joined");
    changed(to, "that another was joined to");
  }
  void move_mutable(std::size_t which, std::size_t other) {
    if (mutable_.size() < 2) return;
    Writable &to = nth(mutable_, which), &from = nth(mutable_, other);
    if (&to == &from) return;
    const std::byte* address = from.handle.data();
    to.handle = std::move(from.handle);
    to.bytes = std::exchange(from.bytes, {});
    to.family = from.family;
    to.storage = from.storage;
    expect_at<B>(to.handle, address, "moved to");
    changed(from, "moved from");
    changed(to, "moved to");
  }
  void freeze(std::size_t which) {
    if (mutable_.empty()) return;
    Writable& from = nth(mutable_, which);
    const std::byte* address = from.handle.data();
    B made = std::move(from.handle).freeze();
    Content bytes = std::exchange(from.bytes, {});
    changed(from, "that was frozen");
    add(std::move(made), std::move(bytes), Origin::kWritten, from.family, from.storage, address);
  }
  void drop_mutable(std::size_t which) { erase(mutable_, which); }

  void check() {
    for (const Shared& of : shared_) expect(of.handle, of.bytes, "of a shared handle");
    for (const Writable& of : mutable_) {
      expect(of.handle, of.bytes, "of a mutable handle");
      require(of.handle.capacity() >= of.bytes.size(), "%zu bytes in a capacity of %zu", of.bytes.size(),
              of.handle.capacity());
    }
    pool_.check_owners();
  }

 private:
  using Pool = buffer::Pool<B>;
  using Origin = typename Pool::Origin;
  using Shared = typename Pool::Shared;
  using Writable = typename Pool::Writable;

  Content fresh(std::size_t n) { return content(n, ++next_); }
  long new_id() { return ++ids_; }

  template <class Pool>
  static typename Pool::value_type& nth(Pool& pool, std::size_t which) {
    return pool[which % pool.size()];
  }
  template <class Pool>
  void erase(Pool& pool, std::size_t which) {
    if (pool.empty()) return;
    std::swap(nth(pool, which), pool.back());
    pool.pop_back();
    if (checks_always_) check();
    pool_.check_owners();
  }

  void add(B handle, Content bytes, Origin origin, long family, long storage,
           const std::byte* address = nullptr) {
    if (address != nullptr) expect_at<B>(handle, address, "made of another");
    expect(handle, bytes, "just made");
    shared_.push_back({std::move(handle), std::move(bytes), origin, family, storage});
    if (shared_.size() > kMostHandles) erase(shared_, static_cast<std::size_t>(ids_));
    if (checks_always_) check();
  }
  void add(Mutable handle, Content bytes, long family, long storage, const std::byte* address = nullptr) {
    if (address != nullptr) expect_at<B>(handle, address, "made of another");
    expect(handle, bytes, "just made");
    mutable_.push_back({std::move(handle), std::move(bytes), family, storage});
    if (mutable_.size() > kMostHandles) erase(mutable_, static_cast<std::size_t>(ids_));
    if (checks_always_) check();
  }

  template <class Of>
  void changed(const Of& of, const char* when) {
    expect(of.handle, of.bytes, when);
    if (checks_always_) check();
  }

  template <class H>
  static void shorten(H& handle, Content& bytes, std::size_t n, std::size_t how) {
    if (how == 0) {
      handle.clear();
      bytes.clear();
    } else if (how < 4) {
      handle.truncate(n);
      bytes.resize(n);
    } else {
      handle.advance(n);
      bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }

  // `operation` may move the bytes elsewhere when it needs more room than there is.
  template <class Operation>
  void growing(Writable& to, std::size_t n, const Operation& operation) {
    const std::size_t room = to.handle.spare().size(), capacity = to.handle.capacity();
    const std::byte* address = to.handle.data();
    operation();
    require(room < n || to.bytes.empty() || to.handle.data() == address,
            "%zu bytes more moved the others, with room for %zu", n, room);
    if (to.handle.data() != address || to.handle.capacity() != capacity) to.storage = new_id();
  }

  Pool pool_;
  std::vector<Shared>& shared_ = pool_.shared;
  std::vector<Writable>& mutable_ = pool_.mutables;
  std::uint64_t next_ = 100;
  long ids_ = 0;
  bool checks_always_;
};

}  // namespace assay::suite::buffer
