// track: see reports/history/track.cc, or --help. Here because it draws pages.
#include "reports/history/track.h"
#include "reports/page/history_page.h"

int main(int argc, char** argv) { return assay::report::track(argc, argv, assay::report::history_page); }
