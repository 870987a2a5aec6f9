/** Where Debian installs Bazel's own modules. */
const BAZEL = '/usr/share/bazel';

/**
 * What lets Debian's Bazel 7 resolve modules (bzlmod) without a registry: modules that its own MODULE.bazel asks for and
 * that Debian does not ship are empty here, and an unknown module fails at once. Made for Bazel 7.7.1.
 * @param shellRules text of the MODULE.bazel of Debian's rules_shell
 * @returns { files: path in the tree -> text, rc: lines for the system's bazelrc }
 */
export function offlineModules(shellRules) {
  const files = new Map([
    [`${BAZEL}/registry/bazel_registry.json`, '{}\n'],
    [
      `${BAZEL}/registry/modules/rules_shell/0.4.0/source.json`,
      '{"type":"local_path","path":"/usr/share/bazel/rules/shell"}\n',
    ],
    [
      `${BAZEL}/registry/modules/rules_shell/0.4.0/MODULE.bazel`,
      shellRules.replace(/^( *version = )"[^"]*"/m, '$1"0.4.0"'),
    ],
  ]);
  for (const [name, stub] of Object.entries(STUBS)) {
    const module = `module(name = "${name}", version = "${stub.version}")\n`;
    const contents = { 'MODULE.bazel': module, 'BUILD.bazel': '', WORKSPACE: '', ...stub.files };
    for (const [path, text] of Object.entries(contents)) files.set(`${BAZEL}/stubs/${name}/${path}`, text);
  }
  const overrides = Object.keys(STUBS).map(
    (name) => `common --override_module=${name}=${BAZEL}/stubs/${name}`,
  );
  // in WORKSPACE mode rules_cc would be downloaded
  const repository = `common --override_repository=rules_cc=${BAZEL}/rules/cc`;
  return { files, rc: [...overrides, `common --registry=file://${BAZEL}/registry`, repository] };
}

const BUILDOZER = `def _repo(ctx):
    ctx.file("BUILD.bazel", "")

_binary = repository_rule(implementation = _repo)

def _impl(ctx):
    _binary(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _impl)
`;

function nativeRule(name) {
  return `def ${name}(**kwargs):\n    native.${name}(**kwargs)\n`;
}

const STUBS = {
  apple_support: { version: '1.23.1', files: {} },
  buildozer: { version: '7.1.2', files: { 'buildozer_binary.bzl': BUILDOZER } },
  protobuf: {
    version: '21.7',
    files: {
      'bazel/BUILD.bazel': '',
      'bazel/proto_library.bzl': nativeRule('proto_library'),
      'bazel/java_proto_library.bzl': nativeRule('java_proto_library'),
      'bazel/cc_proto_library.bzl': nativeRule('cc_proto_library'),
    },
  },
  zlib: { version: '1.3.1.bcr.3', files: {} },
};
