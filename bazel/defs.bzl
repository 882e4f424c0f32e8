"""What a project loads to have its own types and libraries checked and measured; Assay uses the same macros.

    load("@assay//bazel:defs.bzl", "benchmark", "conformance_test", "malloc_conformance_test", "malloc_programs_test", "must_fail")

    malloc_conformance_test(name = "mine_conformance", preload = ":libmine.so")
    malloc_programs_test(name = "mine_programs", preload = ":libmine.so")
    conformance_test(name = "arena_conformance", family = "allocator", hdr = "arena.h", type = "my::Arena", deps = [":arena"])
    benchmark(name = "arena_benchmark", family = "allocator", hdr = "arena.h", type = "my::Arena", deps = [":arena"])
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load(":command.bzl", "command", "command_test")
load(":instance.bzl", "instance")

# What //:compare_builds finds the programs by that it measures.
_BENCHMARK = "assay_benchmark"

# Where the linker puts the code shall not decide the figures.
_ALIGNED = [
    "-falign-functions=64",
    "-Wa,-mbranches-within-32B-boundaries",
]

# Whom a type stands beside unless its benchmark says otherwise; ratios are to the first one that is installed.
_PEERS = {
    "allocator": ["malloc", "pmr_monotonic", "pmr_unsynchronized_pool", "boost_pool", "bumpalo"],
    "buffer": ["bytes_crate", "vector_bytes"],
    "cell": ["rust_ref_cell"],
    "collector": ["bdwgc", "bdwgc_incremental", "malloc_free", "unique_owners", "shared_owners"],
    "http_head": ["http_parser_head"],
    "keyed": ["slab_crate", "unordered_map", "deque"],
    "lock": ["rust_mutex", "std_mutex", "rust_rw_lock", "std_shared_mutex"],
    "object": ["typed_arena_crate", "boost_object_pool"],
    "pointer": ["shared_ptr", "unique_ptr", "boost_intrusive", "boost_intrusive_atomic", "rust_rc", "rust_arc"],
    "reader": ["memory_floor", "memcpy_floor", "fread", "ifstream"],
    "reclamation": ["shared_mutex_reclaimer", "atomic_shared_pointer"],
    "transfer": ["copying_transfer", "nginx"],
}

def peers(names, own = {}):
    """The programs of `own` and of //suites/peers by their short names, for the attribute `subjects`."""
    programs = dict(own)
    programs.update({name: str(Label("//suites/peers:%s_workloads" % name)) for name in names})
    return programs

def _check(name, arguments, data, **kwargs):
    command_test(
        name = name,
        arguments = arguments,
        data = data,
        program = Label("//suites/core:conformance_driver"),
        **kwargs
    )

def malloc_conformance_test(
        name,
        preload = None,
        subject = None,
        probe = None,
        deviations = None,
        data = [],
        arguments = [],
        **kwargs):
    """Every clause of the malloc contract, the model and the stress programs, on one process-wide allocator.

    Args:
      name: of the test
      probe: label of a program of some of the clauses into which the subject is built; None for all of them
      preload: label of a shared library that replaces malloc; None for the C library's own allocator
      subject: its short name in results; by default taken from the file name
      deviations: JSON list of documented deviations (suites/core/deviations.h)
      data: further files that the library needs at run time
      arguments: further arguments of the driver (suites/core/conformance_gtest_main.cc)
      **kwargs: what any test takes
    """
    program = probe or str(Label("//suites/malloc:probe"))
    own = ["--probe=$(rootpath %s)" % program]
    needed = [program]
    if probe:
        own.append("--type=" + subject)
    if preload:
        own.append("--subject=%s$(rootpath %s)" % (subject + "=" if subject else "", preload))
        needed.append(preload)
    if deviations:
        own.append("--deviations=$(rootpath %s)" % deviations)
        needed.append(deviations)
    _check(name, own + arguments, needed + data, **kwargs)

def malloc_programs_test(name, preload = None, subject = None, shown_by = [], data = [], **kwargs):
    """Real programs on one process-wide allocator: each runs as with the C library's, byte for byte.

    Those that are not installed are skipped and named.

    Args:
      name: of the test
      preload: label of a shared library that replaces malloc; None compares the C library's allocator with itself
      subject: its short name in messages; by default taken from the file name
      shown_by: names of programs (suites/malloc/programs) that must show the defect of a mutant; only these run
      data: further files that the library needs at run time
      **kwargs: what any test takes
    """
    arguments = ["--shown-by=" + ",".join(shown_by)] if shown_by else []
    if preload:
        arguments.append("--subject=%s$(rootpath %s)" % (subject + "=" if subject else "", preload))
    command_test(
        name = name,
        arguments = arguments,
        data = ([preload] if preload else []) + data,
        program = Label("//suites/malloc/programs:driver"),
        **kwargs
    )

def conformance_test(
        name,
        family,
        hdr,
        type,
        deps = [],
        subject = None,
        deviations = None,
        checked = False,
        arguments = [],
        data = [],
        **kwargs):
    """Every clause of an in-process family on one type.

    Args:
      name: of the test
      family: folder of suites/: "allocator", "object", "keyed", "memory_resource", "standard_allocator", "pointer",
        "cell", "lock", "reclamation", "collector", "buffer", "reader", "transfer", "http_head"
      hdr: header that declares the type, or a list of them, as #include names them, relative to the workspace
      type: the type, fully qualified; of the families of values ("object", "keyed", "pointer", "cell", "lock") the
        name of the template
      deps: what provides the header
      subject: its short name in results; by default the name of the test without "_conformance"
      deviations: JSON list of documented deviations (suites/core/deviations.h)
      checked: compiled with ASSAY_CHECKED, so that misuse is looked for (allocators/check.h)
      arguments: further arguments of the driver (suites/core/conformance_gtest_main.cc)
      data: further files that the type needs at run time
      **kwargs: what any test takes
    """
    probe = name + "_probe"
    instance(
        name = probe + "_source",
        testonly = True,
        headers = _list(hdr) + ["suites/%s/clauses.h" % family],
        macro = "ASSAY_CLAUSES",
        type = type,
    )
    cc_binary(
        name = probe,
        testonly = True,
        srcs = [probe + "_source"],
        copts = ["-DASSAY_CHECKED"] if checked else [],
        linkopts = ["-lpthread"],
        visibility = ["//visibility:public"],
        deps = deps + [
            Label("//suites/%s:clauses" % family),
            Label("//suites/core:probe_main"),
        ],
    )
    own = ["--probe=$(rootpath :%s)" % probe, "--type=" + (subject or _without(name, "_conformance"))]
    if deviations:
        own.append("--deviations=$(rootpath %s)" % deviations)
    _check(name, own + arguments, [probe] + ([deviations] if deviations else []) + data, **kwargs)

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
    arguments = kwargs.pop("arguments", []) + ["--must-fail=" + clause]
    if family == "malloc":
        malloc_conformance_test(name = name, preload = mutant, arguments = arguments, **kwargs)
    else:
        conformance_test(name = name, family = family, arguments = arguments, **kwargs)

def mutants(name, family, kills, **kwargs):
    """One type with many defects, one switched on at a time (suites/core/mutation.h): each must be killed by its clause alone.

    Args:
      name: of the test
      family: of conformance_test, with its hdr, type and deps
      kills: from the name of each defect to the id of the clause that it breaks
      **kwargs: passed to conformance_test
    """
    conformance_test(
        name = name,
        family = family,
        arguments = ["--mutant=%s:%s" % (defect, clause) for defect, clause in kills.items()],
        **kwargs
    )

def every_clause_has_a_mutant(name, mutants, killed, unbreakable = {}):
    """That the mutants of a family leave no clause out.

    Args:
      name: of the test
      mutants: name of a test of mutants() in the same package
      killed: ids of the clauses that all the family's mutants break
      unbreakable: from the id of each clause that needs no mutant to the reason
    """
    probe = mutants + "_probe"
    _check(
        name,
        [
            "--probe=$(rootpath :%s)" % probe,
            "--type=" + mutants,
            "--covered=" + ",".join(killed + unbreakable.keys()),
        ],
        [probe],
        size = "small",
    )

# Whose conformance is checked before they are measured: those in C++.
_CHECKED_PEERS = {
    "bdwgc": None,
    "bdwgc_incremental": None,
    "boost_intrusive": "//suites/peers:deviations/boost_intrusive.json",
    "boost_intrusive_atomic": "//suites/peers:deviations/boost_intrusive_atomic.json",
    "boost_local_shared": "//suites/peers:deviations/boost_local_shared.json",
    "boost_object_pool": "//suites/peers:deviations/boost_object_pool.json",
    "boost_pool": "//suites/peers:deviations/boost_pool.json",
    "copying_transfer": None,
    "deque": None,
    "http_parser_head": "//suites/peers:deviations/http_parser_head.json",
    "leaking_heap": None,
    "malloc": None,
    "mutex_pool": None,
    "pmr_monotonic": "//suites/peers:deviations/pmr_monotonic.json",
    "pmr_synchronized_pool": "//suites/peers:deviations/pmr_synchronized_pool.json",
    "pmr_unsynchronized_pool": "//suites/peers:deviations/pmr_unsynchronized_pool.json",
    "shared_mutex_reclaimer": None,
    "shared_ptr": "//suites/peers:deviations/shared_ptr.json",
    "std_mutex": None,
    "std_shared_mutex": None,
    "unique_ptr": None,
    "unordered_map": None,
    "vector_bytes": None,
}

def comparison(name, family, subjects, baselines, probes = {}, cases = "", arguments = [], data = [], **kwargs):
    """A command that measures several programs of one family side by side and ends with the path of a report.

    Args:
      name: of the command
      family: of the subjects
      subjects: from short names to the labels of programs of `benchmark` ("<name>_workloads")
      baselines: short names; ratios are to the first one that is installed
      probes: from short names to the probes of their conformance tests ("<name>_probe"); these are checked first
      cases: regular expression, "" for all workloads
      arguments: further arguments of the runner
      data: what they need
      **kwargs: what any rule takes
    """
    report = str(Label("//reports:report"))
    conformance = str(Label("//suites/core:conformance"))
    checked = dict(probes)
    deviations = {}
    for subject in subjects:
        if subject in probes or subject not in _CHECKED_PEERS or subjects[subject] != peers([subject])[subject]:
            continue
        checked[subject] = str(Label("//suites/peers:%s_conformance_probe" % subject))
        if _CHECKED_PEERS[subject]:
            deviations[subject] = str(Label(_CHECKED_PEERS[subject]))
    command(
        name = name,
        testonly = True,
        arguments = [
            "--suite=" + family,
            "--conformance-tool=$(rootpath %s)" % conformance,
            "--report-tool=$(rootpath %s)" % report,
            "--baseline=" + ",".join(baselines),
        ] + (["--only=" + cases] if cases else []) + [
            "--program=%s=$(rootpath %s)" % subject
            for subject in subjects.items()
        ] + [
            "--probe=%s=$(rootpath %s)" % probe
            for probe in checked.items()
        ] + [
            "--deviations=%s=$(rootpath %s)" % known
            for known in deviations.items()
        ] + arguments,
        data = [conformance, report] + subjects.values() + checked.values() + deviations.values() + data,
        program = Label("//suites/runner:runner"),
        **kwargs
    )

def benchmark(
        name,
        family,
        hdr = None,
        type = None,
        preload = None,
        subject = None,
        subjects = None,
        baselines = None,
        deps = [],
        **kwargs):
    """Measures one subject beside its peers with the family's workloads: `bazel run`.

    The program alone, without peers, is "<name>_workloads".

    Args:
      name: of the command
      family: "malloc" or an in-process family
      hdr: header that declares the type, or a list of them (in-process families)
      type: the type, fully qualified (in-process families)
      preload: label of a shared library that replaces malloc (family "malloc"): it is compared with the C library's
      subject: its short name in results, by default the name of the command without "_benchmark"
      subjects: the peers, from short names to labels of their programs; by default the family's (peers())
      baselines: short names; ratios are to the first of these peers that is installed
      deps: what provides the header
      **kwargs: passed to the program
    """
    own = subject or _without(name, "_benchmark")
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
                "--subject=%s=$(rootpath %s)" % (own, preload),
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
    program = name + "_workloads"
    instance(
        name = program + "_source",
        testonly = True,
        headers = _list(hdr) + ["suites/%s/workloads.h" % family],
        macro = "ASSAY_WORKLOADS",
        type = type,
    )
    cc_binary(
        name = program,
        testonly = True,
        srcs = [program + "_source"],
        copts = kwargs.pop("copts", []) + _ALIGNED,
        linkopts = kwargs.pop("linkopts", []) + ["-lpthread"],
        tags = kwargs.pop("tags", []) + [_BENCHMARK],
        visibility = kwargs.pop("visibility", ["//visibility:public"]),
        deps = deps + [
            Label("//suites/%s:workloads" % family),
            Label("//suites/core:workload_main"),
        ],
        **kwargs
    )
    if subjects == None:
        subjects = peers(_PEERS[family])
        baselines = _PEERS[family]
    if subjects:
        if own in subjects:
            fail("a peer is called %s; name the own subject otherwise (attribute subject)" % own)
        others = {own: ":" + program}
        others.update(subjects)
        comparison(name = name, family = family, subjects = others, baselines = baselines or subjects.keys())

def _list(text):
    return [text] if type(text) == "string" else text

def _without(name, suffix):
    return name[:-len(suffix)] if name.endswith(suffix) else name
