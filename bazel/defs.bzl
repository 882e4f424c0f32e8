"""What a project loads to have its own types and libraries checked and measured; Assay uses the same macros.

    load("@assay//bazel:defs.bzl", "benchmark", "conformance_test", "malloc_conformance_test", "must_fail")

    malloc_conformance_test(name = "mine_conformance", preload = ":libmine.so")
    conformance_test(name = "arena_conformance", family = "allocator", hdr = "arena.h", type = "my::Arena", deps = [":arena"])
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load(":command.bzl", "command")
load(":instance.bzl", "instance")

# What //:compare_builds finds the programs by that it measures.
_BENCHMARK = "assay_benchmark"

# Where the linker puts the code shall not decide the figures.
_ALIGNED = [
    "-falign-functions=64",
    "-Wa,-mbranches-within-32B-boundaries",
]

def malloc_conformance_test(name, preload = None, subject = None, deviations = None, data = [], args = [], **kwargs):
    """Every clause of the malloc contract, the model and the stress programs, on one process-wide allocator.

    Args:
      name: of the test
      preload: label of a shared library that replaces malloc; None for the C library's own allocator
      subject: its short name in results; by default taken from the file name
      deviations: JSON list of documented deviations (suites/core/deviations.h)
      data: further files that the library needs at run time
      args: further arguments of the test program
      **kwargs: passed to cc_test
    """
    probe = str(Label("//suites/malloc:probe"))
    arguments = ["--probe=$(rootpath %s)" % probe]
    needed = [probe]
    if preload:
        arguments.append("--subject=%s$(rootpath %s)" % (subject + "=" if subject else "", preload))
        needed.append(preload)
    if deviations:
        arguments.append("--deviations=$(rootpath %s)" % deviations)
        needed.append(deviations)
    cc_test(
        name = name,
        args = arguments + args,
        data = needed + data,
        linkstatic = True,
        deps = [
            Label("//suites/core:conformance_gtest_main"),
            Label("//suites/malloc:clauses"),
        ],
        **kwargs
    )

def conformance_test(name, family, hdr, type, deps = [], args = [], **kwargs):
    """Every clause of an in-process family on one type.

    Args:
      name: of the test
      family: folder of suites/: "allocator"
      hdr: header that declares the type, as #include names it, relative to the workspace
      type: the type, fully qualified
      deps: what provides the header
      args: further arguments of the test program
      **kwargs: passed to cc_test
    """
    probe = name + "_probe"
    clauses = name + "_clauses"
    suite = Label("//suites/%s:clauses" % family)
    instance(
        name = clauses + "_source",
        testonly = True,
        headers = [hdr, "suites/%s/clauses.h" % family],
        macro = "ASSAY_CLAUSES",
        type = type,
    )
    cc_library(
        name = clauses,
        testonly = True,
        srcs = [clauses + "_source"],
        deps = deps + [suite],
        alwayslink = True,
    )
    cc_binary(
        name = probe,
        testonly = True,
        deps = [clauses, Label("//suites/core:probe_main")],
    )
    cc_test(
        name = name,
        args = ["--probe=$(rootpath :%s)" % probe] + args,
        data = [probe],
        linkstatic = True,
        deps = [clauses, Label("//suites/core:conformance_gtest_main")],
        **kwargs
    )

def must_fail(name, clause, mutant = None, family = "malloc", **kwargs):
    """The conformance test with its verdict inverted: the subject must break exactly that clause.

    All numbered clauses are checked; the model and the stress programs, which touch on many, are not.

    Args:
      name: of the test
      clause: id of the one clause that the mutant breaks
      mutant: label of the shared library, for family "malloc"
      family: "malloc", or a family of conformance_test with its hdr, type and deps
      **kwargs: passed to malloc_conformance_test or conformance_test
    """
    args = kwargs.pop("args", []) + ["--must-fail=" + clause]
    if family == "malloc":
        malloc_conformance_test(name = name, preload = mutant, args = args, **kwargs)
    else:
        conformance_test(name = name, family = family, args = args, **kwargs)

def benchmark(name, family, hdr = None, type = None, preload = None, subject = None, deps = [], **kwargs):
    """A program that measures one subject with the family's workloads: `bazel run`.

    Args:
      name: of the program
      family: "malloc" or an in-process family
      hdr: header that declares the type (in-process families)
      type: the type, fully qualified (in-process families)
      preload: label of a shared library that replaces malloc (family "malloc"): it is compared with the C library's
      subject: its short name in results (family "malloc"), by default the name of the program
      deps: what provides the header
      **kwargs: passed to the binary
    """
    if family == "malloc":
        workloads = str(Label("//suites/malloc/workloads:benchmarks"))
        null = str(Label("//suites/malloc:libnull_allocator.so"))
        report = str(Label("//reports:report"))
        command(
            name = name,
            testonly = True,
            program = Label("//suites/runner:runner"),
            arguments = [
                "--benchmarks=$(rootpath %s)" % workloads,
                "--null=$(rootpath %s)" % null,
                "--report-tool=$(rootpath %s)" % report,
                "--subject=glibc=",
                "--subject=%s=$(rootpath %s)" % (subject or name, preload),
                "--baseline=glibc",
                "--no-conformance",
            ],
            data = [workloads, null, report, preload],
            **kwargs
        )

        # The workloads on this library alone, as //:compare_builds runs them.
        command(
            name = name + "_workloads",
            testonly = True,
            program = Label("//suites/malloc/workloads:benchmarks"),
            data = [preload],
            preload = preload,
            # A library that does not come from here is the same in every revision.
            tags = [] if preload.startswith("@") else [_BENCHMARK],
        )
        return
    source = name + "_source"
    instance(
        name = source,
        testonly = True,
        headers = [hdr, "suites/%s/workloads.h" % family],
        macro = "ASSAY_WORKLOADS",
        type = type,
    )
    cc_binary(
        name = name,
        testonly = True,
        srcs = [source],
        copts = kwargs.pop("copts", []) + _ALIGNED,
        tags = kwargs.pop("tags", []) + [_BENCHMARK],
        deps = deps + [
            Label("//suites/%s:workloads" % family),
            Label("//suites/core:benchmark_main"),
        ],
        **kwargs
    )
