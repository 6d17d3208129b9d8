// -j CLASSIFY: sets the class that queueing disciplines sort the packet by. The packet itself and its way do not change.

import type { Argument, OptionContext, TargetExtension } from '../ruleset/extension.ts';

interface ClassifyOptions {
  /** Major and minor number. */
  class?: readonly [number, number];
}

/** A number as sscanf() reads it for %x. */
const HEX = String.raw`[ \t\n\v\f\r]*([+-]?)((?:0[xX])?[0-9a-fA-F]*)`;
const CLASS = new RegExp(`^${HEX}:${HEX}`);
const SCANF_MAX = 0xffff_ffff_ffff_ffffn;

/** The lower 16 bits of what sscanf() stores; undefined where it finds no digit. */
function scanned(sign: string, digits: string): { kept: number; whole: boolean } | undefined {
  if (digits === '') return undefined;
  const value = BigInt(`0x${digits.replace(/^0[xX]/, '') || '0'}`);
  const stored = value > SCANF_MAX ? SCANF_MAX : sign === '-' ? -value : value;
  const kept = Number(stored & 0xffffn);
  return { kept, whole: BigInt(kept) === stored };
}

/** Ref: iptables 1.8.9, extensions/libxt_CLASSIFY.c:CLASSIFY_string_to_priority() */
function readClass({ text, span }: Argument, { diagnostics }: OptionContext): readonly [number, number] | undefined {
  const found = CLASS.exec(text);
  const major = found && scanned(found[1]!, found[2]!);
  const minor = found && scanned(found[3]!, found[4]!);
  if (!major || !minor) {
    diagnostics.error('bad-class', `expected MAJOR:MINOR, two hexadecimal numbers up to ffff, found "${text}"`, span);
    return undefined;
  }
  const rest = text.slice(found![0].length);
  if (!major.whole || !minor.whole) {
    const taken = `${major.kept.toString(16)}:${minor.kept.toString(16)}`;
    diagnostics.warning('number-out-of-range', `both numbers end at ffff; iptables takes this as ${taken}`, span);
  } else if (rest !== '') {
    diagnostics.warning('text-ignored', `iptables passes over "${rest}"`, span);
  }
  return [major.kept, minor.kept];
}

function hexWord(value: number): string {
  return value.toString(16).padStart(4, '0');
}

/** Ref: net/netfilter/xt_CLASSIFY.c:classify_tg() */
export const classify: TargetExtension<ClassifyOptions> = {
  kind: 'target',
  name: 'CLASSIFY',
  families: [4, 6],
  hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
  options: [
    {
      name: 'set-class',
      argument: 'required',
      mandatory: true,
      set(options, [argument], context) {
        const read = readClass(argument!, context);
        if (read) options.class = read;
      },
    },
  ],
  create: () => ({}),
  save: ({ class: numbers }) => (numbers ? ['--set-class', numbers.map(hexWord).join(':')] : []),
  print: ({ class: numbers = [0, 0] }) => ` CLASSIFY set ${numbers.map((number) => number.toString(16)).join(':')}`,
  lower: () => ({ kind: 'continue' }),
};
