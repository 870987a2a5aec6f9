/** What a `dewar.config.*` says, as its user writes it. Every field may be left out. */
export interface WorkspaceConfig {
  /** Of the machine; the directory's name when absent. Lower-case letters, digits and hyphens, at most 32. */
  name?: string;
  /** Names of built-in plugins, paths (from the config's directory) of plugin modules, or plugins themselves. */
  plugins?: readonly (string | Plugin)[];
  resources?: {
    /** All of the host's when absent. */
    vcpus?: number;
    /** A limit, not a reservation; half of the host's memory, at least 4 GB, when absent. */
    memoryMB?: number;
    /** Largest size of the root disk, which takes what is used; 64 when absent. */
    diskGB?: number;
  };
  /** The project at `~/workspace` when absent. */
  mounts?: readonly MountConfig[];
  network?: NetworkConfig;
  /** Debian packages that are part of the image. */
  packages?: readonly string[];
  /** Reaches the guest's `~/.env` and nothing else. Values are secret. */
  env?: Readonly<Record<string, string | FromEnv>>;
  /** Run in the guest, in order, after each boot, by the user, with the env. */
  scripts?: readonly (string | ScriptConfig)[];
  /** Run on this host; a failure is a warning. */
  hooks?: Hooks;
  /** False: `dewar up` does not stream the caches of plugins, which `dewar <plugin> warm-cache` does then; true when absent. */
  warmCaches?: boolean;
  /** An image's profile, or the beginning of an image's id. */
  image?: string;
  /** What runs the machine; `auto`: the best that works on this host, which then keeps the machine's disk. `qemu` when absent. */
  driver?: string;
}

/** What a module may export in place of a config: it is called once each time the config is loaded. */
export type ConfigFunction = () => WorkspaceConfig | Promise<WorkspaceConfig>;

/** Made by `fromEnv('NAME')`: the value of this host's variable at `dewar up`. */
export interface FromEnv {
  readonly fromEnv: string;
}

export type MountConfig = ShareConfig | TmpfsConfig;

/** A directory of this host in the guest. */
export interface ShareConfig {
  /** From the config's directory; `~/…` is this user's home. */
  source: string;
  /** Absolute, or `~/…` for the guest user's home. */
  target: string;
  readonly?: boolean;
  /** Left out where this host has no such directory; an error otherwise. */
  optional?: boolean;
}

/** A directory of the guest in its memory. */
export interface TmpfsConfig {
  tmpfs: true;
  /** Absolute, or `~/…` for the guest user's home. */
  target: string;
}

export interface NetworkConfig {
  mode?: 'open' | 'filtered' | 'off';
  /** With all names below them. */
  domains?: readonly string[];
  /** TCP, beside 80 and 443. */
  ports?: readonly number[];
  /** Of IPv4, such as `10.1.0.0/16`, reached without a name; private ones are reached only so, also in the mode `open`. */
  ranges?: readonly string[];
}

/** A script is a file (from the config's directory; a string is its path), or its text. */
export interface ScriptConfig {
  /** For messages and logs; the file's name when absent. */
  name?: string;
  path?: string;
  /** Text, of sh unless it begins with `#!`. */
  run?: string;
  /** Who runs it; the user when absent, who may use sudo. */
  as?: 'user' | 'root';
  /** 1800 when absent. */
  timeoutSeconds?: number;
}

export interface Hooks {
  /** Before a machine is made. */
  preUp?: readonly Hook[];
  /** The machine is up, its scripts are done. */
  postUp?: readonly Hook[];
  preDown?: readonly Hook[];
  /** The machine is gone. */
  postDown?: readonly Hook[];
}

/** A command of this host's shell, run in the config's directory, or a function. */
export type Hook = string | HookFunction;
export type HookFunction = (context: HookContext) => Promise<void> | void;

export interface HookContext {
  workspace: { name: string; directory: string };
  /** Undefined where there is no machine: before up, after down. */
  guest: Guest | undefined;
  /** This host's environment. */
  env: Readonly<Record<string, string>>;
  /** Progress for the user. */
  say(message: string): void;
  signal: AbortSignal | undefined;
}

/** A running guest, as hooks and plugin commands see it. */
export interface Guest {
  /** Of the guest's user; absolute. */
  home: string;
  /** Runs a program in the guest's home with the user's env; a non-zero exit is a result. */
  run(command: readonly string[], options?: GuestRunOptions): Promise<GuestRunResult>;
  /** Arguments of a system `ssh` to the guest's user, the host's name being the last, for programs that run ssh themselves. */
  ssh: { arguments: readonly string[]; directory: string };
}

export interface GuestRunOptions {
  input?: string | Uint8Array;
  as?: 'user' | 'root';
  deadlineMs?: number;
}

export interface GuestRunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** What a plugin contributes. It has no `env`: a secret enters by the user's own config alone. */
export interface Plugin {
  name: string;
  packages?: readonly string[];
  /** Of the network mode `filtered`. */
  domains?: readonly string[];
  mounts?: readonly MountConfig[];
  scripts?: readonly (string | ScriptConfig)[];
  hooks?: Hooks;
  caches?: readonly CacheConfig[];
  /** `dewar <plugin> <command>`. */
  commands?: Readonly<Record<string, PluginCommand>>;
}

/** A tool's cache, which is streamed into the guest once. */
export interface CacheConfig {
  name: string;
  host: {
    /** `~/…` is this user's home. */
    path: string;
    /** Variables of this host that name another directory, the first that is set; `{ name, below }`: a directory in it. */
    overrides?: readonly (string | { name: string; below: string })[];
  };
  /** Absolute, or `~/…`. */
  guest: string;
  /** What is left out: glob patterns, relative to the cache. */
  exclude?: readonly string[];
  /**
   * What the tool has unpacked of its downloads, such as sources: glob patterns, relative to the cache. A URL in there is an example; all
   * else is searched for secrets, which are left out.
   */
  unpacked?: readonly string[];
}

export interface PluginCommand {
  /** One line, lower case, no full stop. */
  summary: string;
  /** Shown in the help after the command's name, such as `[--force]`. */
  usage?: string;
  /** @returns the exit code; 0 when undefined */
  run(context: PluginCommandContext): Promise<number | void> | number | void;
}

export interface PluginCommandContext extends Omit<HookContext, 'guest'> {
  guest: Guest;
  /** What the user typed after the command's name. */
  args: readonly string[];
}
