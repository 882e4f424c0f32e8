"""What MODULE.bazel takes from the machine's installed packages and from npm, as a module extension: the allocators under
test, and libraries whose server or data the machine has anyway."""

load(":installed_packages.bzl", "peer_packages", "system_allocators", "system_libraries")
load(":npm.bzl", "report_packages")

def _system_packages_impl(_ctx):
    system_allocators()
    system_libraries()
    peer_packages()
    report_packages()

system_packages = module_extension(implementation = _system_packages_impl)
