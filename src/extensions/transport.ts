// What the matches on transport headers have in common: the header must be there before it is read.

import { TEST_TRANSPORT, TRANSPORT_HOTDROP_OFFSET_1 } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import type { OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { type Asked, inRange, type Range, U16 } from './values.ts';

/** Asks for the first bytes of the transport header: a later fragment misses, a header cut short is dropped. */
export function transport(bytes: number, options: { dropOffset1?: boolean } = {}): Test {
  const flags = options.dropOffset1 ? TRANSPORT_HOTDROP_OFFSET_1 : 0;
  const key = `${bytes} ${flags}`;
  let test = asked.get(key);
  if (!test) {
    test = { kind: 'ask', opcode: TEST_TRANSPORT, operands: [bytes, flags], negate: false, effect: true };
    asked.set(key, test);
  }
  return test;
}

/** Each is asked by many rules, and made once. */
const asked = new Map<string, Test>();

/** Options of a match that asks for a source and a destination port range. */
export interface PortOptions {
  sport?: Asked<Range>;
  dport?: Asked<Range>;
}

type ReadPorts = (argument: { text: string; span: OptionContext['option']['span'] }, context: OptionContext) => Range | undefined;

/** `--source-port` and `--destination-port` with their short names. */
export function portOptions<O extends PortOptions>(read: ReadPorts): OptionSpec<O>[] {
  const spec = (name: string, alias: string, field: 'sport' | 'dport'): OptionSpec<O> => ({
    name,
    aliases: [alias],
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = read(argument!, context);
      if (value) options[field] = { value, invert: context.invert };
    },
  });
  return [spec('source-port', 'sport', 'sport'), spec('destination-port', 'dport', 'dport')];
}

/** Tests of the two port ranges. */
export function portTests(options: PortOptions): Test[] {
  const { sport, dport } = options;
  const first = sport ? inRange('sport', sport.value, U16, sport.invert) : [];
  if (!dport) return first;
  const second = inRange('dport', dport.value, U16, dport.invert);
  return first.length === 0 ? second : [...first, ...second];
}
