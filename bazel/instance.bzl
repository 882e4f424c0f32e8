"""The translation unit that puts one type into one family's suite."""

def _instance_impl(ctx):
    source = ctx.actions.declare_file(ctx.label.name + ".cc")
    ctx.actions.write(source, "".join([
        "#include \"%s\"\n" % header
        for header in ctx.attr.headers
    ]) + "\n%s(%s)\n" % (ctx.attr.macro, ctx.attr.type))
    return [DefaultInfo(files = depset([source]))]

instance = rule(
    implementation = _instance_impl,
    attrs = {
        "headers": attr.string_list(),
        "macro": attr.string(),
        "type": attr.string(),
    },
)
