// The arrows between the rooms of this repository, checked over the build graph: subjects know no suite,
// suites know no subject but the concept of their family, the core knows no family, reports link to nothing
// above, and trials, which measure until the reports' statistics are sure, are known to the commands alone.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace {

struct Edge {
  std::string from, to;  // labels of rules of this repository
  bool from_test;        // `from` is a test, or may only be used by tests
};

// "//suites/core:clause" is in room suites/core, "//reports/page:page" in reports.
std::string room_of(const std::string& label) {
  const std::string package = label.substr(2, label.find(':') - 2);
  const std::size_t slash = package.find('/');
  if (package.rfind("suites/", 0) != 0) return package.substr(0, slash);
  return package.substr(0, package.find('/', slash + 1));
}

bool is_concept(const std::string& label) { return label.substr(label.find(':')) == ":concept"; }

bool allowed(const Edge& edge) {
  const std::string from = room_of(edge.from), to = room_of(edge.to);
  if (from == to || from.empty()) return true;  // the root holds the commands, which join everything
  if (to == "bazel") return true;
  if (from == "reports") return false;  // nor do its tests: results files are the only interface
  if (from == "trials")
    return to == "reports" || to == "suites/core" || to == "suites/runner" || edge.from_test;
  if (edge.from_test) return true;
  if (to == "trials") return false;
  if (from == "pointers") return to == "allocators";
  if (from == "gc") return to == "allocators" || to == "pointers";
  if (from == "suites/core" || from == "bazel") return false;
  if (from.rfind("suites/", 0) == 0) return to == "suites/core" || is_concept(edge.to);
  return false;
}

std::string run(const std::string& command, int* status) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 65536> buffer;
  while (const std::size_t length = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), length);
  *status = pclose(pipe);
  return output;
}

// Rules, their inputs and their `testonly` from `bazel query --output=xml`, whose elements are one a line.
std::vector<Edge> edges_of(const std::string& xml) {
  static const std::regex line(
      R"re(<rule class="(\w+)"[^>]* name="(//[^"]*)"|<rule-input name="(//[^"]*)"|<boolean name="testonly" value="true")re");
  std::vector<Edge> edges;
  std::string rule;
  bool test = false;
  std::size_t first = 0;
  bool alias = false;  // a second name for a command, no dependency
  const auto finish = [&] {
    for (; first < edges.size(); ++first) edges[first].from_test = test;
  };
  for (std::sregex_iterator match(xml.begin(), xml.end(), line), end; match != end; ++match) {
    if ((*match)[2].matched) {
      finish();
      rule = (*match)[2];
      const std::string kind = (*match)[1];
      alias = kind == "alias";
      test = kind.size() > 5 && kind.compare(kind.size() - 5, 5, "_test") == 0;
    } else if ((*match)[3].matched) {
      if (alias) continue;
      edges.push_back({rule, (*match)[3], false});
    } else {
      test = true;
    }
  }
  finish();
  return edges;
}

std::vector<std::string> packages_below(const std::filesystem::path& workspace) {
  std::vector<std::string> packages;
  using Walk = std::filesystem::recursive_directory_iterator;  // follows no links
  for (Walk entry(workspace, std::filesystem::directory_options::skip_permission_denied), end; entry != end;
       ++entry) {
    if (entry->is_directory() && std::filesystem::exists(entry->path() / "WORKSPACE"))
      entry.disable_recursion_pending();  // a project of its own: suites/example
    if (entry->path().filename() != "BUILD") continue;
    const std::string package = std::filesystem::relative(entry->path().parent_path(), workspace).string();
    packages.push_back(package == "." ? "" : package);
  }
  return packages;
}

TEST(Architecture, EveryArrowPointsOneWay) {
  if (std::system("command -v bazel > /dev/null") != 0)
    GTEST_SKIP() << "no bazel on the PATH to ask for the graph";
  const auto workspace = std::filesystem::canonical("WORKSPACE").parent_path();
  const std::string scratch = std::string(getenv("TEST_TMPDIR")) + "/bazel";
  const std::string bazel = "cd '" + workspace.string() + "' && HOME='" + scratch +
                            "' bazel --output_user_root='" + scratch + "' --max_idle_secs=2 ";
  // One by one, because the convenience links of the outer Bazel look like packages to the inner one.
  std::string packages;
  for (const std::string& package : packages_below(workspace)) {
    packages += " //" + package + ":all";
    EXPECT_TRUE(std::filesystem::exists((package.empty() ? "" : package + "/") + "BUILD"))
        << "add //" << package
        << ":BUILD to the data of this test, so that it runs again when the package changes";
  }
  const char* named = getenv("ASSAY_BAZEL_CONFIG");  // set by --config=system
  const std::string configuration = named == nullptr ? "" : std::string("--config=") + named;
  int status = 0;
  const std::string log = scratch + ".log";
  const std::string xml = run(
      bazel + "query " + configuration + " --output=xml 'set(" + packages + ")' 2> '" + log + "'", &status);
  ASSERT_EQ(status, 0) << run("cat '" + log + "'", &status);
  run(bazel + "shutdown 2>&1; chmod -R u+w '" + scratch + "'", &status);

  const std::vector<Edge> edges = edges_of(xml);
  ASSERT_GT(edges.size(), 50U) << xml.substr(0, 2000);
  for (const Edge& edge : edges) EXPECT_TRUE(allowed(edge)) << edge.from << " must not depend on " << edge.to;
}

TEST(Architecture, SubjectsKnowNoSuite) {
  EXPECT_FALSE(allowed({"//allocators:slab", "//suites/core:clause", false}));
  EXPECT_TRUE(allowed({"//allocators:slab_conformance", "//suites/keyed:clauses", true}));
  EXPECT_TRUE(allowed({"//gc:mark_sweep", "//allocators:slab", false}));
  EXPECT_FALSE(allowed({"//zerocopy:bytes", "//allocators:slab", false}));
}

TEST(Architecture, SuitesKnowNoSubject) {
  EXPECT_FALSE(allowed({"//suites/allocator:clauses", "//allocators:slab", false}));
  EXPECT_TRUE(allowed({"//suites/allocator:clauses", "//allocators:concept", false}));
  EXPECT_FALSE(allowed({"//suites/core:clause", "//suites/malloc:clauses", false}));
  EXPECT_TRUE(allowed({"//suites/malloc:clauses", "//suites/core:clause", false}));
}

TEST(Architecture, ReportsReadResultsOnly) {
  EXPECT_FALSE(allowed({"//reports:read", "//suites/core:recorder", false}));
  EXPECT_FALSE(allowed({"//reports:read_test", "//suites/core:recorder", true}));
  EXPECT_TRUE(allowed({"//reports/page:page", "//reports:read", false}));
}

TEST(Architecture, TrialsAskTheReportsAndNobodyAsksTrials) {
  EXPECT_TRUE(allowed({"//trials:trial", "//reports:judge", false}));
  EXPECT_TRUE(allowed({"//trials:trial", "//suites/runner:parts", false}));
  EXPECT_FALSE(allowed({"//trials:trial", "//suites/malloc:clauses", false}));
  EXPECT_FALSE(allowed({"//reports:judge", "//trials:trial", false}));
  EXPECT_FALSE(allowed({"//suites/runner:parts", "//trials:trial", false}));
}

TEST(Architecture, EdgesAreReadFromTheQuerysAnswer) {
  const auto edges = edges_of(R"(
    <rule class="cc_library" location="a" name="//a:x">
        <boolean name="testonly" value="true"/>
        <rule-input name="//b:y"/>
    </rule>
    <rule class="cc_binary" location="a" name="//a:z">
        <rule-input name="//a:x"/>
        <rule-input name="@other//:w"/>
    </rule>
    <rule class="alias" location="a" name="//a:second">
        <rule-input name="//b:name"/>
    </rule>)");
  ASSERT_EQ(edges.size(), 2U);
  EXPECT_EQ(edges[0].from + edges[0].to, "//a:x//b:y");
  EXPECT_TRUE(edges[0].from_test);
  EXPECT_FALSE(edges[1].from_test);
}

}  // namespace
