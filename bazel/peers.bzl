"""Peers that need more than the C++ library: their programs say that they are not available, and why, where they are not.

Rust crates come from Debian's sources (librust-*-dev), compiled by an installed rustc into libraries that C++ calls.
Nothing is downloaded.
"""

load("@installed_peers//:peers.bzl", "CRATES", "RUSTC", "RUST_VERSION")
load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_import")

def absent_peer(name, reason):
    """Stands in for the programs of a peer that cannot be built here: they say why."""
    for program in ["_workloads", "_conformance_probe"]:
        cc_binary(
            name = name + program,
            testonly = True,
            srcs = [str(Label("//suites/peers:not_available.cc"))],
            copts = ["-DASSAY_REASON='\"%s\"'" % reason],
        )

def rust_peer(crate, edition, programs, passes, deps, features = []):
    """Programs of workloads whose passes are written in Rust.

    Args:
      crate: that they measure, librust-<crate>-dev of Debian
      edition: of the crate
      programs: from short names of peers, which become <name>_workloads, to the C++ file that registers the passes
      passes: Rust files, the root of the library first
      deps: of the C++ files
      features: of the crate
    """
    problem = None
    if not RUSTC:
        problem = "rustc not installed"
    elif crate not in CRATES:
        problem = "librust-%s-dev not installed" % crate
    if problem:
        for name in programs:
            absent_peer(name, problem)
        return

    version, source = CRATES[crate]
    identifier = crate.replace("-", "_")
    optimised = "-C opt-level=3 -C panic=abort --cap-lints allow "
    native.genrule(
        name = identifier + "_passes_archive",
        testonly = True,
        srcs = passes,
        outs = ["lib%s_passes.a" % identifier],
        cmd = " && ".join([
            ": '%s' '%s'" % (RUST_VERSION, version),  # another one compiles anew
            "%s --crate-type=rlib --crate-name=%s --edition=%s %s %s %s -o $(@D)/lib%s.rlib" % (
                RUSTC,
                identifier,
                edition,
                optimised,
                " ".join(["--cfg 'feature=\"%s\"'" % feature for feature in features]),
                source,
                identifier,
            ),
            "%s --crate-type=staticlib --crate-name=%s_passes --edition=2021 %s --extern %s=$(@D)/lib%s.rlib $(location %s) -o $@" % (
                RUSTC,
                identifier,
                optimised,
                identifier,
                identifier,
                passes[0],
            ),
        ]),
        message = "Compiling " + crate,
    )
    cc_import(
        name = identifier + "_passes",
        testonly = True,
        static_library = ":lib%s_passes.a" % identifier,
    )
    for name, registers in programs.items():
        cc_binary(
            name = name + "_workloads",
            testonly = True,
            srcs = [registers, "harness.h"],
            copts = ["-DASSAY_CRATE_VERSION='\"%s\"'" % version],
            linkopts = ["-lpthread", "-ldl"],
            deps = deps + [
                ":%s_passes" % identifier,
                Label("//suites/core:workload_main"),
            ],
        )
