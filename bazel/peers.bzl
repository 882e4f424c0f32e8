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

def rust_peer(passes, programs, deps, crate = None, edition = None, features = []):
    """Programs of workloads whose passes are written in Rust.

    Args:
      passes: Rust files, the root of the library first
      programs: from short names of peers, which become <name>_workloads, to the C++ file that registers the passes
      deps: of the C++ files
      crate: that they measure, librust-<crate>-dev of Debian; None for Rust's standard library
      edition: of the crate
      features: of the crate
    """
    problem = None
    if not RUSTC:
        problem = "rustc not installed"
    elif crate and crate not in CRATES:
        problem = "librust-%s-dev not installed" % crate
    if problem:
        for name in programs:
            absent_peer(name, problem)
        return

    library = passes[0].replace(".rs", "_passes")
    optimised = "-C opt-level=3 -C panic=abort --cap-lints allow "
    version = RUST_VERSION
    compile_crate = "true"
    extern = ""
    if crate:
        version, source = CRATES[crate]
        identifier = crate.replace("-", "_")
        extern = "--extern %s=$(@D)/lib%s.rlib" % (identifier, identifier)
        compile_crate = "%s --crate-type=rlib --crate-name=%s --edition=%s %s %s %s -o $(@D)/lib%s.rlib" % (
            RUSTC,
            identifier,
            edition,
            optimised,
            " ".join(["--cfg 'feature=\"%s\"'" % feature for feature in features]),
            source,
            identifier,
        )
    native.genrule(
        name = library + "_archive",
        testonly = True,
        srcs = passes,
        outs = ["lib%s.a" % library],
        cmd = " && ".join([
            ": '%s' '%s'" % (RUST_VERSION, version),  # another one compiles anew
            compile_crate,
            "%s --crate-type=staticlib --crate-name=%s --edition=2021 %s %s $(location %s) -o $@" % (
                RUSTC,
                library,
                optimised,
                extern,
                passes[0],
            ),
        ]),
        message = "Compiling " + passes[0],
    )
    cc_import(
        name = library,
        testonly = True,
        static_library = ":lib%s.a" % library,
    )
    for name, registers in programs.items():
        cc_binary(
            name = name + "_workloads",
            testonly = True,
            srcs = [registers, "harness.h"],
            copts = ["-DASSAY_CRATE_VERSION='\"%s\"'" % version],
            linkopts = ["-lpthread", "-ldl"],
            deps = deps + [
                ":" + library,
                Label("//suites/core:workload_main"),
            ],
        )
