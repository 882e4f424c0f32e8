"""Dependencies from the machine's installed packages, under the names that the Bazel Central Registry uses.

WORKSPACE calls installed_packages() (Bazel 4 to 7); MODULE.bazel takes most libraries from the registry and only the
allocators under test and system_libraries() from here (Bazel 7 and later). Each repository is declared only if the caller has none of
that name, so that a project which uses Assay keeps its own.
"""

load(":npm.bzl", "report_packages")

_INCLUDE_DIRECTORIES = [
    "/usr/include",
    "/usr/include/postgresql",
    "/usr/include/x86_64-linux-gnu",
    "/usr/include/aarch64-linux-gnu",
    "/usr/local/include",
]
_LIBRARY_DIRECTORIES = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
]

_INSTALL = "sudo apt-get install --no-install-recommends %s    (or let ./bazelw do it)"

def _first_existing(ctx, directories, names):
    for directory in directories:
        for name in names:
            path = ctx.path(directory + "/" + name)
            if path.exists:
                return path
    return None

def _header_library_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    for name in ctx.attr.headers:
        path = _first_existing(ctx, _INCLUDE_DIRECTORIES, [name])
        if path == None:
            fail("\n\nAssay needs the package %s: there is no %s in %s.\n  %s\n" % (
                ctx.attr.package,
                name,
                " or ".join(_INCLUDE_DIRECTORIES),
                _INSTALL % ctx.attr.package,
            ))
        ctx.symlink(path, "include/" + name)
    lines = ["package(default_visibility = [\"//visibility:public\"])", ""]
    for target, linkopts in ctx.attr.targets.items():
        lines += [
            "cc_library(",
            "    name = \"%s\"," % target,
            "    hdrs = glob([\"include/**\"]),",
            "    includes = [\"include\"],",
            "    linkopts = %s," % repr(linkopts),
            ")",
            "",
        ]
    ctx.file("BUILD", "\n".join(lines))

# The headers of an installed -dev package and, for each target, what it links.
_header_library = repository_rule(
    implementation = _header_library_impl,
    attrs = {
        "headers": attr.string_list(doc = "files or folders below /usr/include"),
        "package": attr.string(doc = "Debian's name, for the message when it is missing"),
        "targets": attr.string_list_dict(doc = "target name to link options"),
    },
    local = True,
)

def _label(label):
    """A label of this repository as text that means the same in every repository."""
    text = str(Label(label))
    return "@assay" + text if text.startswith("//") else text

def _shared_library_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    path = _first_existing(ctx, _LIBRARY_DIRECTORIES, ctx.attr.names)
    if path:
        ctx.symlink(path, ctx.attr.file)
    else:
        # buildifier: disable=print
        print("\n%s is not installed, its tests are skipped.\n  %s" % (ctx.attr.package, _INSTALL % ctx.attr.package))
    ctx.file("BUILD", """\
load("{rule}", "shared_library_file")

shared_library_file(
    name = "shared",
    src = {src},
    target_compatible_with = {compatible},
    visibility = ["//visibility:public"],
)
""".format(
        rule = _label("//bazel:shared_library_file.bzl"),
        src = repr(ctx.attr.file) if path else "None",
        compatible = "[]" if path else repr([_label("//bazel:not_installed")]),
    ))

# An installed shared library, to preload: @NAME//:shared. Absent: what needs it is skipped.
_shared_library = repository_rule(
    implementation = _shared_library_impl,
    attrs = {
        "file": attr.string(doc = "name of the library in this repository"),
        "names": attr.string_list(doc = "file names to look for, best first"),
        "package": attr.string(),
    },
    local = True,
)

def _debian_rules_cc_impl(ctx):
    source = ctx.path("/usr/share/bazel/rules/cc")
    if not source.exists:
        fail("\n\nAssay needs the package bazel-rules-cc.\n  %s\n" % (_INSTALL % "bazel-rules-cc"))
    result = ctx.execute(["cp", "-R", str(source) + "/.", "."])
    if result.return_code:
        fail("copying %s: %s" % (source, result.stderr))

    # Two files of the package use a helper that Bazel 4.2 does not have yet; its value is this list.
    for name in ["compiler_flag", "cc_flags_supplier"]:
        path = "cc/private/rules_impl/%s.bzl" % name
        text = ctx.read(path)
        text = text.replace(", \"use_cpp_toolchain\"", "").replace(
            "use_cpp_toolchain()",
            "[\"@bazel_tools//tools/cpp:toolchain_type\"]",
        )
        ctx.delete(path)
        ctx.file(path, text)

_debian_rules_cc = repository_rule(implementation = _debian_rules_cc_impl, local = True)

def _generated_impl(ctx):
    for path, text in ctx.attr.files.items():
        ctx.file(path, text)

# A small repository written from here, in the place of one that Bazel would download.
_generated = repository_rule(implementation = _generated_impl, attrs = {"files": attr.string_dict()})

_COVERAGE_STUB = """\
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
"""

_RULES_SHELL_STUB = "sh_%s = native.sh_%s\n"

def system_allocators():
    """The installed allocators under test, for LD_PRELOAD: @system_mimalloc//:shared and so on."""
    _absent(
        _shared_library,
        name = "system_mimalloc",
        file = "libmimalloc.so",
        names = ["libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so"],
        package = "libmimalloc-dev",
    )
    _absent(
        _shared_library,
        name = "system_tcmalloc",
        file = "libtcmalloc_minimal.so",
        names = ["libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so"],
        package = "libtcmalloc-minimal4",
    )
    _absent(
        _shared_library,
        name = "system_jemalloc",
        file = "libjemalloc.so",
        names = ["libjemalloc.so.2", "libjemalloc.so"],
        package = "libjemalloc2",
    )

def system_libraries():
    """Libraries of installed -dev packages, in every world: histories and compressed files."""
    _absent(
        _header_library,
        name = "sqlite3",
        headers = ["sqlite3.h"],
        package = "libsqlite3-dev",
        targets = {"sqlite3": ["-lsqlite3"]},
    )
    _absent(
        _header_library,
        name = "zlib",
        headers = [
            "zconf.h",
            "zlib.h",
        ],
        package = "zlib1g-dev",
        targets = {"zlib": ["-lz"]},
    )
    _absent(
        _header_library,
        name = "libpq",
        headers = [
            "libpq-fe.h",
            "pg_config_ext.h",
            "postgres_ext.h",
        ],
        package = "libpq-dev",
        targets = {"libpq": ["-lpq"]},
    )
    _absent(
        _header_library,
        name = "mimalloc",
        headers = ["mimalloc.h"],
        package = "libmimalloc-dev",
        targets = {
            "mimalloc": ["-lmimalloc"],
            "mimalloc-api": ["-lmimalloc"],
        },
    )

def _installed_peers_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", "")

    # The compiler itself and not rustup's launcher, which wants a home directory.
    launcher = ctx.which("rustc") or ctx.path(ctx.os.environ.get("HOME", "/") + "/.cargo/bin/rustc")
    rustc, rust_version = "", ""
    if launcher.exists:
        result = ctx.execute([launcher, "--print", "sysroot"])
        if result.return_code == 0:
            rustc = result.stdout.strip() + "/bin/rustc"
            rust_version = " ".join(ctx.execute([launcher, "--version"]).stdout.split(" ")[:2])
    crates = {}
    registry = ctx.path("/usr/share/cargo/registry")
    for folder in sorted(registry.readdir(), key = str) if registry.exists else []:
        crate, _, version = folder.basename.rpartition("-")
        crates[crate] = (version, str(folder) + "/src/lib.rs")
    ctx.file("peers.bzl", "BOOST = %s\nCRATES = %s\nHTTP_PARSER = %s\nLIBGC = %s\nRUSTC = %s\nRUST_VERSION = %s\n" % (
        ctx.path("/usr/include/boost/pool/pool.hpp").exists,
        repr(crates),
        ctx.path("/usr/include/http_parser.h").exists,
        ctx.path("/usr/include/gc/gc_mark.h").exists,
        repr(rustc),
        repr(rust_version),
    ))

# What only the peers of benchmarks need, and which of it is installed: @installed_peers//:peers.bzl says so to
# suites/peers. The headers of Boost, libgc and http_parser lie where every compiler looks, and so do
# the libraries.
_installed_peers = repository_rule(
    implementation = _installed_peers_impl,
    environ = [
        "HOME",
        "PATH",
    ],
    local = True,
)

def peer_packages():
    """The libraries that Assay's own types are measured against."""
    _absent(_installed_peers, name = "installed_peers")

def _absent(rule, name, **attributes):
    if not native.existing_rule(name):
        rule(name = name, **attributes)

def _folder(name, path):
    if not native.existing_rule(name):
        native.local_repository(name = name, path = path)

def installed_packages():
    """Declares all that Assay builds with; for WORKSPACE files."""
    _absent(_debian_rules_cc, name = "rules_cc")
    _absent(
        _header_library,
        name = "googletest",
        headers = ["gtest"],
        package = "libgtest-dev",
        targets = {
            "gtest": ["-lgtest", "-lpthread"],
            "gtest_main": ["-lgtest_main", "-lgtest", "-lpthread"],
        },
    )
    _absent(
        _header_library,
        name = "google_benchmark",
        headers = ["benchmark"],
        package = "libbenchmark-dev",
        targets = {
            "benchmark": ["-lbenchmark", "-lpthread"],
            "benchmark_main": ["-lbenchmark_main", "-lbenchmark", "-lpthread"],
        },
    )
    _absent(
        _header_library,
        name = "nlohmann_json",
        headers = ["nlohmann"],
        package = "nlohmann-json3-dev",
        targets = {"json": []},
    )
    _absent(
        _header_library,
        name = "cli11",
        headers = ["CLI"],
        package = "libcli11-dev",
        targets = {"cli11": []},
    )
    system_allocators()
    system_libraries()
    peer_packages()
    report_packages()

    # What Bazel itself would otherwise download for its own built-in files.
    _folder("rules_java", "/usr/share/bazel/rules/java")
    _folder("rules_proto", "/usr/share/bazel/rules/proto")
    _folder("bazel_skylib", "/usr/share/bazel/tools/skylib")
    _absent(
        _generated,
        name = "remote_coverage_tools",
        files = {
            "BUILD": _COVERAGE_STUB,
            "WORKSPACE": "",
        },
    )
    _absent(
        _generated,
        name = "rules_python",
        files = {
            "WORKSPACE": "",
            "python/BUILD": "",
            "python/defs.bzl": "py_library = native.py_library\npy_binary = native.py_binary\npy_test = native.py_test\n",
            "python/proto.bzl": "",
        },
    )
    _absent(
        _generated,
        name = "rules_shell",
        files = {
            "WORKSPACE": "",
            "shell/BUILD": "",
            "shell/sh_binary.bzl": _RULES_SHELL_STUB % ("binary", "binary"),
            "shell/sh_library.bzl": _RULES_SHELL_STUB % ("library", "library"),
            "shell/sh_test.bzl": _RULES_SHELL_STUB % ("test", "test"),
        },
    )
