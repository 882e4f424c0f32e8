// Stands for the report tool (--out=FILE) and for the conformance tool (--json=FILE): adds its arguments to
// the report, or to a file beside the results, and exits with 2 for a subject named "broken".
#include <fstream>
#include <string>

int main(int count, char** arguments) {
  std::string line, file;
  bool broken = false;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument.rfind("--out=", 0) == 0) file = argument.substr(6);
    if (argument.rfind("--json=", 0) == 0) file = argument.substr(7) + ".conformance";
    if (argument.rfind("broken=", 0) == 0) broken = true;
    line += argument + " ";
  }
  std::ofstream(file, std::ios::app) << line << "\n";
  return broken ? 2 : 0;
}
