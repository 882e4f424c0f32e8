"""Files from npm's registry, exactly those that a lock file names, for the page of the report.

A repository whose packages cannot be had (no npm, no network) is there all the same, with empty files: what is built
from them does without.
"""

_REMEDY = """
%s: its files are empty, and the report's pages are built without interactive charts (tables and drawings are there).
  %s
Then: bazel sync --only=%s    (with MODULE.bazel: bazel fetch --force //reports:report)
"""

def _npm_packages_impl(ctx):
    for name, label in {
        "package-lock.json": ctx.attr.package_lock_json,
        "package.json": ctx.attr.package_json,
    }.items():
        ctx.file(name, ctx.read(ctx.path(label)), executable = False)
    npm = ctx.which("npm")
    problem = None
    if npm == None:
        problem = "npm is not installed", "sudo apt-get install --no-install-recommends npm"
    else:
        # The user's HOME, proxy and registry hold, as in a shell.
        result = ctx.execute([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], timeout = 300)
        if result.return_code:
            problem = "npm ci failed", result.stderr.strip().replace("\n", "\n  ")
    if problem:
        # buildifier: disable=print
        print(_REMEDY % ("@%s: %s" % (ctx.name, problem[0]), problem[1], ctx.name))
    for name, path in ctx.attr.files.items():
        if problem:
            ctx.file(name, "", executable = False)
        else:
            ctx.symlink(path, name)
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name, executable = False)
    ctx.file("BUILD", "exports_files(%s)\n" % repr(ctx.attr.files.keys()), executable = False)

npm_packages = repository_rule(
    implementation = _npm_packages_impl,
    attrs = {
        "files": attr.string_dict(doc = "name in this repository to path below it, after npm ci"),
        "package_json": attr.label(allow_single_file = True, mandatory = True),
        "package_lock_json": attr.label(allow_single_file = True, mandatory = True),
    },
)

def report_packages():
    """What the report's page takes from npm: @assay_npm//:echarts.js."""
    if not native.existing_rule("assay_npm"):
        npm_packages(
            name = "assay_npm",
            files = {"echarts.js": "node_modules/echarts/dist/echarts.min.js"},
            package_json = Label("//reports/page:package.json"),
            package_lock_json = Label("//reports/page:package-lock.json"),
        )
