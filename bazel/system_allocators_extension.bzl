"""The installed allocators as a module extension, for MODULE.bazel."""

load(":installed_packages.bzl", _declare = "system_allocators")

def _system_allocators_impl(_ctx):
    _declare()

system_allocators = module_extension(implementation = _system_allocators_impl)
