// An object that waits to be freed, with the deleter that will do it: three words, trivially copyable.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace assay {

class Retired {
 public:
  template <class T, class Deleter>
  Retired(T* object, Deleter deleter) noexcept
      : object_(const_cast<std::remove_cv_t<T>*>(object)), call_([](Retired& self) noexcept {
          (*std::launder(reinterpret_cast<Deleter*>(self.deleter_)))(static_cast<T*>(self.object_));
        }) {
    static_assert(std::is_trivially_copyable_v<Deleter> && sizeof(Deleter) <= sizeof deleter_ &&
                      alignof(Deleter) <= alignof(void*),
                  "a deleter is trivially copyable and at most a word; keep the rest in the object");
    static_assert(std::is_invocable_v<Deleter&, T*>);
    ::new (static_cast<void*>(deleter_)) Deleter(deleter);
  }

  const void* object() const noexcept { return object_; }
  void destroy() noexcept { call_(*this); }

 private:
  void* object_;
  void (*call_)(Retired&) noexcept;
  alignas(void*) std::byte deleter_[sizeof(void*)];
};
static_assert(std::is_trivially_copyable_v<Retired> && sizeof(Retired) == 3 * sizeof(void*));

}  // namespace assay
