// Prints how far from its start the program's code lies.
#include <cstdio>

extern "C" const char __executable_start[];

[[gnu::noinline]] static void somewhere() { asm volatile(""); }

int main() {
  somewhere();
  std::printf("%ld\n", reinterpret_cast<const char*>(&somewhere) - __executable_start);
}
