"""A file to preload, as a rule, so that it can be incompatible (and its tests skipped) when it is not installed."""

def _shared_library_file_impl(ctx):
    files = [ctx.file.src] if ctx.file.src else []
    return [DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files = files))]

shared_library_file = rule(
    implementation = _shared_library_file_impl,
    attrs = {"src": attr.label(allow_single_file = True)},
)
