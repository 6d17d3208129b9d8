// Loads one ruleset in a process of its own and prints what that took, as JSON: `node once.js FILE`. As the command line does it. For bench/scenarios/compile.ts.

import { readFileSync } from 'node:fs';
import { setPace } from '../../src/cli/pace.ts';
import { load, RulesetError } from '../../src/load.ts';
import { detectFamily } from '../../src/ruleset/family.ts';
import { decodeSource } from '../../src/text/source.ts';

/** What it prints. */
export interface LoadedOnce {
  /** Milliseconds from the ruleset's bytes to an image that the core runs. */
  readonly ms: number;
  /** Milliseconds of processor that the same took, of all threads. */
  readonly cpuMs: number;
  /** The most memory that the process had. */
  readonly peakBytes: number;
  /** Bytes of the image. */
  readonly imageBytes: number;
  /** The ruleset has errors. */
  readonly isRefused: boolean;
}

function loadOnce(path: string): LoadedOnce {
  const bytes = readFileSync(path);
  const [started, used] = [performance.now(), process.cpuUsage()];
  const source = decodeSource(path, bytes);
  const rules = detectFamily(source) === 6 ? { rules6: source } : { rules: source };
  let imageBytes = 0;
  let isRefused = false;
  try {
    const { program4, program6 } = load(rules).images;
    imageBytes = (program4?.byteLength ?? 0) + (program6?.byteLength ?? 0);
  } catch (error) {
    if (!(error instanceof RulesetError)) throw error;
    isRefused = true;
  }
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(used);
  return { ms, cpuMs: (user + system) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024, imageBytes, isRefused };
}

setPace();
console.log(JSON.stringify(loadOnce(process.argv[2]!)));
