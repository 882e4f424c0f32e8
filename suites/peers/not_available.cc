// Stands in for a peer that cannot be built here: whatever it is asked, it says why.
#include <cstdio>

int main() { std::puts("{\"unavailable\":\"" ASSAY_REASON "\"}"); }
