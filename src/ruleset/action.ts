// The commands -A, -D, -L …: which words each takes, which of them can stand together, and which options can stand with them.
//
// Ref: iptables 1.8.9, iptables/xshared.c:do_parse(), add_command(), generic_opt_check()

import { parseUnsigned } from '../net/number.ts';
import { type Action, type Command, fail, takePlain } from './command.ts';
import type { Argument } from './extension.ts';

const COMMANDS = 'ACDRILSFZNXEP';
/** Plain words a command takes at most; one where not listed. */
const OPERANDS: Readonly<Record<string, number>> = { D: 2, R: 2, I: 2, E: 2, P: 2, L: 2, S: 2, Z: 2 };
/** Commands whose second word is the number of a rule. */
const NUMBERED = 'DRILSZ';
/** Commands that need a second word, and what it is. */
const NEEDED: Readonly<Record<string, string>> = {
  E: 'the old and the new name of a chain',
  P: 'a chain and a policy',
  R: 'a chain and the number of a rule',
};

/** Largest rule number. Ref: iptables/xshared.c:parse_rulenumber() */
const RULE_NUMBER_MAX = 0x7fff_ffff;

/** Generic options each command takes. Ref: iptables/xshared.c:commands_v_options */
const LEGAL: Readonly<Record<string, string>> = {
  A: 'sdpjviocf',
  I: 'sdpjviocf',
  R: 'sdpjviocf',
  C: 'sdpjviof',
  D: 'sdpjviof',
  P: 'vc',
  L: 'nvx0',
};
const LEGAL_OTHERS = 'v';

export function isAction(letter: string): boolean {
  return COMMANDS.includes(letter);
}

/** The number of a rule, 1 or more; undefined when the word is none. */
export function ruleNumber(word: Argument): number | undefined {
  return parseUnsigned(word.text, RULE_NUMBER_MAX, 1);
}

/** Takes up a command with its words. */
export function setAction(command: Command, letter: string, written: Argument, value: Argument | undefined): void {
  if (command.bang) fail(command, 'not-invertible', `"!" cannot stand before ${written.text}`, command.bang.span);
  const operands = value ? [value] : [];
  operands.push(...takePlain(command, (OPERANDS[letter] ?? 1) - operands.length));
  const next: Action = { letter, word: written, operands, zero: false };
  const earlier = command.action;
  const both = earlier && together(earlier, next);
  if (earlier && !both) {
    const message = `a line holds one command, this one has ${earlier.word.text} already`;
    fail(command, 'second-command', message, written.span, [{ message: 'first command here', span: earlier.word.span }]);
    return;
  }
  checkNumber(command, next);
  command.action = both ?? next;
}

/**
 * -L or -S with -Z: they share chain and number, and of each the one read last holds. A number behind -Z puts away a listing asked
 * for before.
 */
function together(earlier: Action, next: Action): Action | undefined {
  if (earlier.zero || !['LZ', 'SZ', 'ZL', 'ZS'].includes(earlier.letter + next.letter)) return undefined;
  const operands = [next.operands[0] ?? earlier.operands[0], next.operands[1] ?? earlier.operands[1]];
  const given = operands.filter((word) => word !== undefined);
  if (next.letter === 'Z' && next.operands[1]) return { ...next, operands: given };
  return { ...(next.letter === 'Z' ? earlier : next), operands: given, zero: true };
}

function checkNumber(command: Command, { letter, operands: [, number] }: Action): void {
  if (!number || !NUMBERED.includes(letter) || ruleNumber(number) !== undefined) return;
  fail(command, 'bad-rule-number', `"${number.text}" is no rule number: expected 1 or more`, number.span);
}

/** Checks a command against the options beside it, once the whole line was read. */
export function checkAction(command: Command, action: Action): void {
  const { letter, word, operands, zero } = action;
  const needed = NEEDED[letter];
  if (needed && operands.length < 2) fail(command, 'missing-argument', `${word.text} needs ${needed}`, word.span);
  const isDeletion = letter === 'D' && operands.length > 1;
  const legal = (isDeletion ? undefined : LEGAL[letter]) ?? LEGAL_OTHERS;
  for (const [option, span] of command.given) {
    if (legal.includes(option)) continue;
    fail(command, 'illegal-option', `-${option} cannot stand with ${word.text}${zero ? ' and -Z' : ''}`, span);
  }
}
