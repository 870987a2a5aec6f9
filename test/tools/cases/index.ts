import type { ToolCase } from '../support/tool-case.ts';
import { cargo } from './cargo.ts';
import { coursier } from './coursier.ts';
import { go } from './go.ts';
import { maven } from './maven.ts';
import { npm } from './npm.ts';
import { uv } from './uv.ts';

export const TOOL_CASES: readonly ToolCase[] = [npm, maven, coursier, uv, cargo, go];
