import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { STORE_NAMES } from '../core/names.ts';
import type { BundleFile } from '../core/names.ts';
import { listTree } from '../platform/git-objects.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import type { Machine, SavedMachine, VmmDriver } from '../vmm/driver.ts';
import { checkBundle } from './check-bundle.ts';
import { openWorkspace } from './commit-view.ts';
import type { EngineSettings, RunContext, WorkspaceView } from './commit-view.ts';
import type { Fingerprint, GraphEngine, Hashes } from './engine.ts';
import type { Manifest } from './manifest.ts';
import { startDeadline } from './deadline.ts';
import { Phases } from './phases.ts';
import { openBundleWriter } from './store-write.ts';
import type { BundleSources, BundleWriter } from './store-write.ts';

export interface RecordOptions extends EngineSettings {
  store: string;
  /** Any revision. */
  base: string;
  /** Records again over a complete bundle. */
  force: boolean;
  /** From the start of the machine until the snapshot is sealed. */
  deadlineMs: number;
  toolVersion: string;
}

export interface RecordReport {
  /** True when the store had the bundle already. */
  already_recorded: boolean;
  fingerprint: string;
  base_sha: string;
  /** Absolute. */
  bundle: string;
  targets: number;
  phases_ms: Record<string, number>;
  driver: string;
}

/**
 * Makes the bundle of one commit, and keeps its machine warm. Two records of one commit give one bundle.
 * @throws DewarError PARTIAL_GRAPH, STORE_NOT_WRITABLE, STORE_FULL, UNKNOWN_REVISION, NOT_A_WORKSPACE,
 *   NOT_A_GIT_REPOSITORY, DEADLINE, INTERRUPTED, and those of the engine
 */
export async function record(
  options: RecordOptions,
  { engine, driver }: { engine: GraphEngine; driver: VmmDriver },
  context: RunContext,
): Promise<RecordReport> {
  const phases = new Phases(context.emit);
  const place = await driver.place?.(context);
  await using view = await openWorkspace(engine, { ...options, place }, context);
  const base = await view.commit(options.base);
  view.noteUncommitted(base);
  const fingerprint = await phases.run('fingerprint', 'reading what the graph depends on', () =>
    view.fingerprint(base),
  );
  const { repository } = view;
  await driver.sweep({ repository }, context);

  const onWait = (): void =>
    context.emit({ type: 'note', message: `another record of ${base} is at work: waiting` });
  await using writer = await openBundleWriter(options.store, fingerprint.digest, base, {
    signal: context.signal,
    onWait,
  });
  const report = (targets: number, already: boolean): RecordReport => ({
    already_recorded: already,
    fingerprint: fingerprint.digest,
    base_sha: base,
    bundle: writer.place.directory,
    targets,
    phases_ms: phases.toJSON(),
    driver: driver.name,
  });
  const existing = await checkBundle(writer.place, 'digests');
  if (existing.complete && !options.force) return report(existing.manifest.targets, true);

  using deadline = startDeadline(options.deadlineMs, context.signal, `no snapshot of ${base}`);
  const timed: RunContext = { emit: context.emit, signal: deadline.signal };
  const machine = await driver.create({ repository, snapshot: writer.place }, timed);
  try {
    await phases.run('checkout', `checking out ${base}`, () => machine.checkOut(base, timed));
    const hashes = await phases.time('query', () => hashGraph(engine, view, machine, timed));
    const path = join(machine.scratch, STORE_NAMES.baseHashes);
    const index = await phases.time('seal', async () => {
      await hashes.write(path);
      return writeIndex(engine, view, machine, { hashes, base, fingerprint }, timed);
    });
    const sources: BundleSources = {
      [STORE_NAMES.baseHashes]: { path },
      ...(index === undefined ? {} : { [STORE_NAMES.graphIndex]: { path: index } }),
      [STORE_NAMES.fingerprint]: { text: `${JSON.stringify(fingerprint, null, 2)}\n` },
    };
    const saved = await saveMachine(machine, writer, sources, phases, timed);
    timed.signal.throwIfAborted();
    const about = { options, fingerprint, base, view, engine, driver, targets: hashes.count, saved };
    await phases.run('seal', 'writing the snapshot', () =>
      writer.seal(sources, (files) => manifestOf(about, files)),
    );
    if (saved === undefined) await warmIndex(engine, view, machine, hashes, phases, timed, context);
    await machine.freeze();
    return report(hashes.count, false);
  } catch (error) {
    await machine.kill();
    throw error;
  }
}

async function hashGraph(
  engine: GraphEngine,
  view: WorkspaceView,
  machine: Machine,
  context: RunContext,
): Promise<Hashes> {
  const outcome = await engine.hash(view.engineRun(machine), context);
  if (!outcome.partial) return outcome.hashes;
  throw new DewarError({
    code: 'PARTIAL_GRAPH',
    message: `the graph has errors, so that targets may be missing: ${outcome.problems.join('; ')}`,
    mend: 'mend the errors at the base commit; a partial graph is never recorded',
  });
}

/** @returns the index's path; undefined where the engine can make none, which costs later answers time only */
async function writeIndex(
  engine: GraphEngine,
  view: WorkspaceView,
  machine: Machine,
  { hashes, base, fingerprint }: { hashes: Hashes; base: string; fingerprint: Fingerprint },
  context: RunContext,
): Promise<string | undefined> {
  const { repository } = view;
  const path = join(machine.scratch, STORE_NAMES.graphIndex);
  const tree = await listTree(repository, base, context.signal);
  const attributes =
    (await readIfPresent(join(repository.commonDir, 'info', 'attributes')))?.toString('utf8') ?? '';
  const identity = { commit: base, fingerprint: fingerprint.digest };
  const input = { hashes, tree, attributes, path, identity };
  const why = await engine.writeIndex(view.engineRun(machine), input, context);
  if (why === undefined) return path;
  context.emit({ type: 'note', message: `no graph index, so that every answer needs a query: ${why}` });
  return undefined;
}

/** @param sources gets the files of the machine */
async function saveMachine(
  machine: Machine,
  writer: BundleWriter,
  sources: BundleSources,
  phases: Phases,
  context: RunContext,
): Promise<SavedMachine | undefined> {
  if (machine.save === undefined) return undefined;
  const directory = await writer.stage();
  const saved = await phases.run('freeze', 'freezing the machine', async () =>
    machine.save?.(directory, context),
  );
  for (const [name, staged] of Object.entries(saved?.files ?? {})) sources[name as BundleFile] = { staged };
  return saved;
}

/** What fails here costs later answers time only. */
async function warmIndex(
  engine: GraphEngine,
  view: WorkspaceView,
  machine: Machine,
  hashes: Hashes,
  phases: Phases,
  timed: RunContext,
  context: RunContext,
): Promise<void> {
  try {
    await phases.time('warm', () => engine.warmIndex(view.engineRun(machine), hashes, timed));
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    context.emit({ type: 'note', message: `single packages will take longer to ask for: ${why}` });
  }
}

interface About {
  options: RecordOptions;
  fingerprint: Fingerprint;
  base: string;
  view: WorkspaceView;
  engine: GraphEngine;
  driver: VmmDriver;
  targets: number;
  saved: SavedMachine | undefined;
}

function manifestOf(about: About, files: Manifest['files']): Manifest {
  return {
    format: 1,
    tool_version: about.options.toolVersion,
    created_at: new Date().toISOString(),
    engine: about.engine.name,
    driver: about.driver.name,
    fingerprint: about.fingerprint.digest,
    components: [...about.fingerprint.components],
    base_sha: about.base,
    workspace: about.view.repository.prefix,
    flags: [...about.view.flags.canonical],
    env: [...about.options.extraEnv],
    targets: about.targets,
    host_compatibility: about.saved?.hostCompatibility ?? null,
    guest_abi: about.saved?.guestAbi ?? null,
    files,
  };
}
