// Which loaded object answers for a name: the question of every replacement rule.
#pragma once

#include <dlfcn.h>
#include <string.h>

namespace assay::suite {

struct Provider {
  const void* base = nullptr;  // where the object is loaded; null when nothing has the name
  const char* object = "";     // its file name without folders
  bool operator==(const Provider& other) const { return base == other.base; }
};

inline Provider provider_of(const char* name) {
  void* function = dlsym(RTLD_DEFAULT, name);
  Dl_info where;
  if (function == nullptr || dladdr(function, &where) == 0) return {};
  const char* slash = strrchr(where.dli_fname, '/');
  return {where.dli_fbase, slash == nullptr ? where.dli_fname : slash + 1};
}

}  // namespace assay::suite
