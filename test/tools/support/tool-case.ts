import type { HostTools } from './host-tools.ts';

/** A real tool, and a small project for it. */
export interface ToolCase {
  name: string;
  /** Which brings the tool and its cache. */
  plugin: string;
  /** Of the plugin; what `fill` fills. */
  caches: readonly string[];
  /** Programs of this host. */
  needs: readonly string[];
  /** By name, in a directory of their own. */
  files: Readonly<Record<string, string>>;
  /** Has the tools of this host fill their caches. @param directory has the files, and keeps what is made there for the machine */
  fill(directory: string, tools: HostTools): Promise<void>;
  /** A script of sh, run in a copy of the directory, without a network. */
  offline: string;
  /** What it prints at its end when the cache is there. */
  prints: string;
  /** What the tool says without a cache. */
  fails: RegExp;
}
