// Files that say what the firewall is: rulesets and the host.

import { readFileSync } from 'node:fs';
import type { EngineSetup } from '../engine/engine.ts';
import type { Host } from '../host/host.ts';
import type { HostReading } from '../host/read.ts';
import type { IpsetCollection } from '../ipset/collection.ts';
import type { Fingerprint } from '../ir/osf.ts';
import { AssumptionError, type Loaded, type LoadInput, load, RulesetError, readAssumptions } from '../load.ts';
import { type Diagnostic, Diagnostics } from '../text/diagnostic.ts';
import { countDiagnostics, renderDiagnostics } from '../text/render.ts';
import { decodeSource, type Source } from '../text/source.ts';
import { fileError, InputError } from './exit.ts';

/** Reads a ruleset's text. */
export function readSource(path: string): Source {
  try {
    return decodeSource(path, readFileSync(path));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Reads `--host`. Its reader is loaded only when a host is given. */
export async function readHostOption(path: string): Promise<HostReading & { readonly host: Host }> {
  const { readHost } = await import('../host/read.ts');
  let reading: HostReading;
  try {
    reading = readHost(path);
  } catch (error) {
    throw fileError(path, error);
  }
  const { host, diagnostics } = reading;
  if (host && !diagnostics.hasErrors) {
    report(diagnostics.list);
    if (host.interfaces.every(({ loopback }) => loopback)) {
      process.stderr.write(`hookline: warning: ${path}: the host has no interface but lo: nothing can come in by another\n`);
    }
    return { ...reading, host };
  }
  throw diagnosed(diagnostics.list);
}

/** What the options of every command that runs a firewall name. */
export interface FirewallOptions {
  readonly rules?: string;
  readonly rules6?: string;
  readonly host?: string;
  readonly ipset?: string;
  /** Of random draws. */
  readonly seed?: number;
  readonly assume?: readonly string[];
  readonly osf?: string;
  /** True: answer for a host on which no program listens; false: answer nothing. */
  readonly answer?: boolean;
}

/** What the host answers packets with. */
export function answersOf({ answer, assume = [] }: FirewallOptions): NonNullable<EngineSetup['answers']> {
  const socket = assume.find((text) => text.startsWith('socket=') && text !== 'socket=none');
  if (answer && socket !== undefined) throw new InputError(`--answer: no program listens, against --assume ${socket}`);
  return answer === undefined ? 'rules' : answer ? 'host' : 'none';
}

/** A firewall, and what it has seen by then. */
export type FirewallInput = LoadInput & Pick<HostReading, 'connections' | 'recent'>;

/** Reads what the options name. A host folder may hold rulesets and IP sets too; `--rules`, `--rules6` and `--ipset` go before. */
export async function readFirewall(options: FirewallOptions): Promise<FirewallInput> {
  const reading = options.host === undefined ? undefined : await readHostOption(options.host);
  const rules = options.rules === undefined ? reading?.rules4 : readSource(options.rules);
  const rules6 = options.rules6 === undefined ? reading?.rules6 : readSource(options.rules6);
  const text = options.ipset ?? reading?.sets;
  return {
    ...(rules ? { rules } : {}),
    ...(rules6 ? { rules6 } : {}),
    ...(reading ? { host: reading.host } : {}),
    ...(text === undefined ? {} : { sets: await readSetsOption(text, options.seed) }),
    ...(reading?.connections ? { connections: reading.connections } : {}),
    ...(reading?.recent === undefined ? {} : { recent: reading.recent }),
    ...checkAssumptions(options.assume),
    ...(options.osf === undefined ? {} : { fingerprints: await readFingerprints(options.osf) }),
  };
}

/** Reads IP sets. Their reader is loaded only when there are some. */
async function readSetsOption(text: string | Source, seed: number | undefined): Promise<IpsetCollection> {
  const { readSets } = await import('./sets.ts');
  return readSets(text, seed);
}

async function readFingerprints(path: string): Promise<Fingerprint[]> {
  const { parseFingerprints } = await import('../host/fingerprints.ts');
  const diagnostics = new Diagnostics();
  const fingerprints = parseFingerprints(readSource(path), diagnostics);
  reportOrFail(diagnostics);
  return fingerprints;
}

function checkAssumptions(assume: readonly string[] | undefined): Pick<LoadInput, 'assume'> {
  if (assume === undefined) return {};
  try {
    readAssumptions(assume);
    return { assume };
  } catch (error) {
    throw error instanceof AssumptionError ? new InputError(`--assume: ${error.message}`, { cause: error }) : error;
  }
}

/** Loads rulesets and host; warnings go to stderr, errors end the command with all of them. */
export function loadOrFail(input: LoadInput, loader: (input: LoadInput) => Loaded = load): Loaded {
  try {
    const loaded = loader(input);
    report(loaded.diagnostics);
    return loaded;
  } catch (error) {
    throw error instanceof RulesetError ? diagnosed(error.diagnostics, error) : error;
  }
}

/** Warnings go to stderr, errors end the command with all of them. */
export function reportOrFail(diagnostics: Diagnostics): void {
  if (diagnostics.hasErrors) throw diagnosed(diagnostics.list);
  report(diagnostics.list);
}

function report(diagnostics: readonly Diagnostic[]): void {
  process.stderr.write(renderDiagnostics(diagnostics, { colour: process.stderr.isTTY }));
}

function diagnosed(diagnostics: readonly Diagnostic[], cause?: Error): InputError {
  const text = renderDiagnostics(diagnostics, { colour: process.stderr.isTTY });
  return new InputError(`${text}${countDiagnostics(diagnostics)}\n`, { cause });
}
