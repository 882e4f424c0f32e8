"""The libraries of a suite of types: what conformance_test and benchmark of defs.bzl link."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def suite(measures = False):
    """Of a folder suites/<family>: ":clauses" and, where it measures, ":workloads".

    Args:
      measures: the family has workloads
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
            "//allocators:concept",
            "//suites/core:clause",
        ],
    )
    if measures:
        cc_library(
            name = "workloads",
            hdrs = native.glob([
                "workloads.h",
                "workloads/*.h",
            ]),
            deps = [
                "//allocators:concept",
                "//suites/core:workload",
            ],
        )
