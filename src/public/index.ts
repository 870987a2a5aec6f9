/** What `import 'dewar'` gives: configs and plugins, the impact engine, its documents and errors. */
export { DewarError } from '../core/errors.ts';
export type { DewarErrorInit } from '../core/errors.ts';
export type { DewarEvent, Emit } from '../core/events.ts';
export { BazelClient } from '../bazel/query/bazel-client.ts';
export type { BazelClientOptions } from '../bazel/query/bazel-client.ts';
export type { EngineOptions } from '../bazel/engine-options.ts';
export { generateHashes } from '../bazel/generate-hashes.ts';
export type { GeneratedHashes } from '../bazel/generate-hashes.ts';
export { toDependencyEdges, toHashesDocument } from '../bazel/hash/to-hashes-document.ts';
export { hashTargets } from '../bazel/hash/hash-targets.ts';
export type { HashTargetsOptions } from '../bazel/hash/hash-targets.ts';
export type { DependencyEdges, HashesDocument } from '../bazel/hashes-document.ts';
export { readHashesFile, writeHashesFile } from '../bazel/hashes-file.ts';
export { impactedTargets } from '../bazel/impact/impacted-targets.ts';
export type { ImpactOptions, ImpactedTargets } from '../bazel/impact/impacted-targets.ts';
export { defineConfig, definePlugin, fromEnv } from '../config/define-config.ts';
export type * from '../config/workspace-config.ts';
