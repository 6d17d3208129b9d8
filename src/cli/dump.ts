// `hookline dump`: what a ruleset becomes on its way into the core.

import { disassemble } from '../compile/disassemble.ts';
import { opcodeName } from '../compile/opcode-name.ts';
import { dumpRuleset } from '../ir/dump.ts';
import type { LoadInput } from '../load.ts';
import { detectFamily } from '../ruleset/family.ts';
import { EXIT_DONE, InputError } from './exit.ts';
import { OutputClosed, openOutput } from './output.ts';
import { loadOrFail, readSource } from './rules.ts';
import { readSets } from './sets.ts';

export interface DumpCliOptions {
  readonly ir?: boolean;
  readonly table?: boolean;
  readonly rules?: string;
  readonly rules6?: string;
  readonly ipset?: string;
}

/** Runs the command; gives its exit code. */
export async function dumpCommand(file: string | undefined, options: DumpCliOptions): Promise<number> {
  if (!options.ir && !options.table) throw new InputError('dump needs --ir or --table');
  const { ipset } = options;
  const loaded = loadOrFail({ ...rulesets(file, options), ...(ipset === undefined ? {} : { sets: readSets(ipset) }) });
  const output = openOutput(process.stdout);
  try {
    for (const { ruleset, program } of loaded.rulesets) {
      if (options.ir) await output.write(dumpRuleset(ruleset, opcodeName));
      if (options.table) await output.write(disassemble(program.image));
    }
    await output.flush();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  return EXIT_DONE;
}

/** The rulesets the command line names. FILE is of the family that its text shows. */
function rulesets(file: string | undefined, options: DumpCliOptions): LoadInput {
  const { rules, rules6 } = options;
  const given = [file, rules, rules6].filter((path) => path !== undefined).length;
  if (given === 0) throw new InputError('dump needs a ruleset: FILE, --rules FILE or --rules6 FILE');
  if (file !== undefined && given > 1) throw new InputError('dump takes either FILE, or --rules FILE and --rules6 FILE');
  if (file !== undefined) {
    const source = readSource(file);
    return detectFamily(source) === 6 ? { rules6: source } : { rules: source };
  }
  return {
    ...(rules === undefined ? {} : { rules: readSource(rules) }),
    ...(rules6 === undefined ? {} : { rules6: readSource(rules6) }),
  };
}
