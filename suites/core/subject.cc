#include "suites/core/subject.h"

#include <dlfcn.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "suites/core/command.h"
#include "suites/core/fnv1a.h"

namespace assay::suite {
namespace {

constexpr const char* kIntroduceVariable = "ASSAY_INTRODUCE_SUBJECT";

template <class Function>
Function* exported(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// The version as the allocator in use says of itself, each in the way of its own; prints nothing when none
// does.
void print_version() {
  if (const auto mimalloc = exported<int()>("mi_version")) {
    const int version = mimalloc();  // 209 is 2.0.9, 20401 is 2.4.1
    const int base = version < 10000 ? 10 : 100;
    std::printf("%d.%d.%d", version / base / base, version / base % base, version % base);
  } else if (const auto tcmalloc = exported<const char*(int*, int*, const char**)>("tc_version")) {
    int major = 0, minor = 0;
    const char* patch = "";
    tcmalloc(&major, &minor, &patch);
    std::printf("%d.%d%s", major, minor, patch);
  } else if (const auto jemalloc =
                 exported<int(const char*, void*, std::size_t*, void*, std::size_t)>("mallctl")) {
    const char* version = "";
    std::size_t size = sizeof version;
    if (jemalloc("version", &version, &size, nullptr, 0) == 0)
      std::printf("%.*s", static_cast<int>(std::strcspn(version, "-")), version);
  }
}

// A library must be preloaded to be asked, and only this program is known to be there: it starts itself with
// the variable set, says which file malloc comes from and that library's version, and ends before main.
[[gnu::constructor]] void introduce() {
  if (std::getenv(kIntroduceVariable) == nullptr) return;
  Dl_info provider{};
  dladdr(dlsym(RTLD_DEFAULT, "malloc"), &provider);
  std::printf("%s\n", provider.dli_fname);
  std::fflush(stdout);  // known even if the question for the version is fatal
  print_version();
  std::fflush(stdout);
  _exit(0);
}

std::string real_path(const std::string& path) {
  char text[PATH_MAX];
  return realpath(path.c_str(), text) == nullptr ? path : text;
}

// "2.0" of ".../libmimalloc.so.2.0", "" of ".../libmine.so".
std::string version_in_name(const std::string& path) {
  const std::size_t suffix = path.rfind(".so.");
  return suffix == std::string::npos || path.find('/', suffix) != std::string::npos ? ""
                                                                                    : path.substr(suffix + 4);
}

std::string name_in_path(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.rfind("lib", 0) == 0) name.erase(0, 3);
  return name.substr(0, name.find(".so"));
}

std::string read_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw SubjectError(path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw SubjectError(path + ": not a file");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) throw SubjectError(path + ": cannot be read: " + std::strerror(errno));
  return bytes.str();
}

void require_shared_library(const std::string& path, const std::string& bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    throw SubjectError(path + ": not a shared library (no ELF header)");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
    throw SubjectError(path + ": built for another processor than this program (x86-64)");
  if (header.e_type != ET_DYN) throw SubjectError(path + ": not a shared library (ELF type is not DYN)");
}

// Version of the library, which must be the one that provides malloc once it is preloaded.
std::string ask_version(const std::string& path) {
  const CommandResult answer =
      run_command({"/proc/self/exe"}, {"LD_PRELOAD=" + path, std::string(kIntroduceVariable) + "=1"});
  const std::size_t line = answer.output.find('\n');
  if (line == std::string::npos) return version_in_name(path);  // died; its cells will show it
  const std::string provider = answer.output.substr(0, line);
  if (real_path(provider) != path) {
    const std::string complaint = answer.errors.substr(0, answer.errors.find('\n'));
    if (!complaint.empty()) throw SubjectError(path + ": cannot be preloaded: " + complaint);
    throw SubjectError(path + ": does not export malloc; it still comes from " + provider);
  }
  const std::string version = answer.output.substr(line + 1);
  return version.empty() ? version_in_name(path) : version;
}

std::string digest_of(std::string_view bytes) { return "fnv1a64:" + hexadecimal(fnv1a64(bytes)); }

Subject c_library(const std::string& name, Role role) {
  Dl_info library{};
  dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &library);  // not a stub of this program
  return {name, "", gnu_get_libc_version(), digest_of(read_file(library.dli_fname)), role, {}, {}};
}

}  // namespace

const char* name_of(Role role) {
  switch (role) {
    case Role::kBaseline:
      return "baseline";
    case Role::kPeer:
      return "peer";
    case Role::kNull:
      return "null";
  }
  __builtin_unreachable();
}

std::string user_directory() {
  if (const char* called_in = std::getenv("BUILD_WORKING_DIRECTORY")) return called_in;
  char text[PATH_MAX];
  return getcwd(text, sizeof text) == nullptr ? "." : text;
}

Subject parse_subject(std::string_view text, const std::string& directory, Role role) {
  const std::size_t equals = text.find('=');
  const bool named = equals != std::string_view::npos && text.find('/') > equals;
  std::string name(named ? text.substr(0, equals) : "");
  std::string path(named ? text.substr(equals + 1) : text);
  if (named && name.empty()) throw SubjectError(std::string(text) + ": the name before '=' is missing");
  if (path.empty() || (!named && path == "glibc")) return c_library(named ? name : "glibc", role);

  if (path.front() != '/') path = directory + "/" + path;
  if (!named) name = name_in_path(path);
  path = real_path(path);
  if (path.find_first_of(" :") != std::string::npos)
    throw SubjectError(path + ": cannot be preloaded: LD_PRELOAD separates by spaces and colons");
  const std::string bytes = read_file(path);
  require_shared_library(path, bytes);
  return {name, path, ask_version(path), digest_of(bytes), role, {}, {}};
}

Subject built_in_subject(std::string name, std::string version, const std::string& program) {
  const std::string path = real_path(program);
  return {std::move(name), "", std::move(version), digest_of(read_file(path)), Role::kPeer, path, {}};
}

}  // namespace assay::suite
