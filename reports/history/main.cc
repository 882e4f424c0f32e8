#include "reports/history/track.h"

int main(int argc, char** argv) { return assay::report::track(argc, argv, nullptr); }
