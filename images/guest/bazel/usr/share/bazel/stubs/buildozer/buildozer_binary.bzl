def _repo(ctx):
    ctx.file("BUILD.bazel", "")

_binary = repository_rule(implementation = _repo)

def _impl(ctx):
    _binary(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _impl)
