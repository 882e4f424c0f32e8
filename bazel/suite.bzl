"""The libraries of a suite of types: what conformance_test and benchmark of defs.bzl link."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def suite(measures = False, concept = "//allocators:concept", clause_deps = [], workload_deps = []):
    """Of a folder suites/<family>: ":clauses" and, where it measures, ":workloads".

    Args:
      measures: the family has workloads
      concept: what the family's subjects claim and owe
      clause_deps: what the clauses use beside suites/core:clause
      workload_deps: what the workloads use beside the subject
    """
    cc_library(
        name = "clauses",
        hdrs = native.glob(
            ["**/*.h"],
            exclude = [
                "workloads.h",
                "workloads/*.h",
            ],
        ),
        deps = [
            concept,
            "//suites/core:clause",
        ] + clause_deps,
    )
    if measures:
        cc_library(
            name = "workloads",
            testonly = True,
            hdrs = native.glob([
                "workloads.h",
                "workloads/*.h",
            ]),
            deps = [
                concept,
                "//suites/core:workload",
            ] + workload_deps,
        )
