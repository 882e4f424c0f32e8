// A shared library that allocates with new on behalf of clause N-24.
#include <cstddef>
#include <new>

extern "C" void* plugin_new(std::size_t size) { return ::operator new(size); }
extern "C" std::new_handler plugin_new_handler() { return std::get_new_handler(); }
