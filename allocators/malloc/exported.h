// What is visible of the library: it is compiled with everything else hidden.
#pragma once

#define ASSAY_EXPORTED __attribute__((visibility("default"), used))
