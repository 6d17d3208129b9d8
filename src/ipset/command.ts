// `ipset` commands over a collection of sets: what they change, what they print, what they say is wrong.

import { didYouMean } from '../text/suggest.ts';
import type { IpsetCollection } from './collection.ts';
import { isSameSet } from './collection.ts';
import { changeElements, testElement } from './elements.ts';
import { checkSetName } from './entry.ts';
import type { Faults, Word } from './fault.ts';
import { listSets } from './list.ts';
import { type CommandResult, findSet, type IpsetContext, PROGRAM, type Session, type Work } from './session.ts';
import { readSettings } from './settings.ts';
import { findSetType, SET_TYPES } from './types.ts';

/** Ref: ipset 7.17, lib/ipset.c:ipset_commands */
const COMMANDS = [
  ['create', 'new', '-N'],
  ['add', '-A'],
  ['del', '-D'],
  ['test', '-T'],
  ['destroy', 'x', '-X'],
  ['list', '-L'],
  ['save', '-S'],
  ['restore', '-R'],
  ['flush', '-F'],
  ['rename', 'e', '-E'],
  ['swap', 'w', '-W'],
  ['help', '-h', '-H'],
  ['version', '-v', '-V'],
  ['quit'],
] as const;
export type CommandName = (typeof COMMANDS)[number][0];

/** Words that must stand behind a command. */
const OPERANDS: Readonly<Partial<Record<CommandName, number>>> = { create: 2, add: 2, del: 2, test: 2, rename: 2, swap: 2 };

/** Runs a command with the options of its session. Faults of the command are left in `faults`. */
export function runCommand(
  collection: IpsetCollection,
  words: readonly Word[],
  session: Session,
  context: IpsetContext,
  faults: Faults,
  isRestoring = false,
): CommandResult | undefined {
  const rest = takeOptions(words, session, faults);
  const [first, ...operands] = rest;
  if (faults.fault) return undefined;
  if (!first) return faults.misuse('missing-command', 'No command specified.');
  const name = commandName(first.text);
  if (!name) {
    const names = COMMANDS.map(([command]) => command);
    const text = `No command specified: unknown argument ${first.text}`;
    return faults.misuse('unknown-command', text, first.span, didYouMean(first.text, names));
  }
  const missing = (OPERANDS[name] ?? 0) - operands.length;
  if (missing > 0) {
    const which = operands.length === 0 ? 'Missing mandatory argument' : 'Missing second mandatory argument';
    return faults.misuse('missing-operand', `${which} to command ${name}`, first.span);
  }
  if (isRestoring && (name === 'restore' || name === 'version' || name === 'help')) {
    return faults.misuse('not-in-file', `Command \`${name}' is invalid in restore mode.`, first.span);
  }
  return execute(name, operands, { collection, session, context, faults });
}

function commandName(text: string): CommandName | undefined {
  const wanted = text.startsWith('--') ? text.slice(2) : text;
  if (wanted === '' || text === '-') return undefined;
  return COMMANDS.find((names) => names.some((name) => name.startsWith(wanted)))?.[0];
}

const OPTIONS: Readonly<Record<string, (session: Session) => void>> = {
  s: (session) => {
    session.sorted = true;
  },
  q: (session) => {
    session.quiet = true;
  },
  '!': (session) => {
    session.exist = true;
  },
  n: (session) => {
    session.namesOnly = true;
  },
  t: (session) => {
    session.terse = true;
  },
};
const LONG: Readonly<Record<string, string>> = {
  sorted: 's',
  quiet: 'q',
  exist: '!',
  name: 'n',
  terse: 't',
  output: 'o',
  file: 'f',
  resolve: 'r',
};

/** Takes the program's own options, which may stand anywhere. Gives the other words. */
function takeOptions(words: readonly Word[], session: Session, faults: Faults): Word[] {
  const rest: Word[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = /^--?(?!-)/.test(word.text) ? word.text.replace(/^--?/, '') : '';
    const letter = LONG[name] ?? name;
    const option = OPTIONS[letter];
    if (option) {
      option(session);
    } else if (letter === 'r') {
      faults.fail('not-supported', 'addresses are not resolved to names', word.span);
    } else if (letter === 'o' || letter === 'f') {
      const value = words[++i];
      if (!value) faults.misuse('missing-value', `Missing mandatory argument to option -${letter}`, word.span);
      else if (letter === 'f') session.file = value.text;
      else readMode(value, session, faults);
    } else {
      rest.push(word);
    }
  }
  return rest;
}

function readMode({ text, span }: Word, session: Session, faults: Faults): void {
  if (text === 'plain' || text === 'save' || text === 'xml') session.mode = text;
  else faults.syntax('unknown-mode', `unknown output mode '${text}'`, span, didYouMean(text, ['plain', 'save', 'xml']));
}

function execute(name: CommandName, operands: readonly Word[], work: Work): CommandResult | undefined {
  const { faults } = work;
  switch (name) {
    case 'create':
      return create(operands, work);
    case 'add':
    case 'del':
      return changeElements(name, operands, work);
    case 'test':
      return testElement(operands, work);
    case 'rename':
    case 'swap':
      return renameOrSwap(name, operands, work);
    case 'version':
      return { stdout: `${PROGRAM}, protocol version: 7\n` };
    case 'quit':
      return {};
    case 'help':
      return faults.fail('not-supported', 'there is no help here: see ipset(8)');
    case 'restore':
      return { restores: true };
    default:
      return wholeSets(name, operands, work);
  }
}

/** destroy, flush, list, save: of one set, or of all. */
function wholeSets(
  name: 'destroy' | 'flush' | 'list' | 'save',
  operands: readonly Word[],
  work: Work,
): CommandResult | undefined {
  const { collection, session, context, faults } = work;
  const [word, extra] = operands;
  if (extra) return faults.misuse('unknown-operand', `Unknown argument ${extra.text}`, extra.span);
  const index = word && findSet(word, collection, faults);
  if (faults.fault) return undefined;
  if (name === 'list' || name === 'save') {
    return { stdout: listSets(collection, name, session, index, (set) => context.isUsed?.(set) === true, faults) };
  }
  const all = [...collection.sets()].filter((one) => index === undefined || one.index === index);
  if (name === 'flush') {
    for (const { set } of all) set.members.flush();
    return {};
  }
  const isBusy = all.some((one) => collection.references(one.index) > 0 || context.isUsed?.(one.name));
  if (isBusy) return faults.refuse('set-in-use', word?.span);
  if (index === undefined) collection.destroyAll();
  else collection.destroy(index);
  return {};
}

function create(
  [name, typeWord, ...words]: readonly Word[],
  { collection, session, context, faults }: Work,
): CommandResult | undefined {
  if (!checkSetName(name!, faults)) return undefined;
  const type = findSetType(typeWord!.text);
  if (!type) {
    const hint = didYouMean(
      typeWord!.text,
      SET_TYPES.map((one) => one.name),
    );
    return faults.syntax('unknown-type', `typename '${typeWord!.text}' is unknown`, typeWord!.span, hint);
  }
  const settings = readSettings(type, words, context.random, faults);
  if (!settings) return undefined;
  const old = collection.find(name!.text);
  if (!old) {
    collection.create(name!.text, type, settings);
    return {};
  }
  return session.exist && isSameSet(old, type, settings) ? {} : faults.refuse('set-exists', name!.span);
}

function renameOrSwap(
  name: 'rename' | 'swap',
  [from, to, extra]: readonly Word[],
  { collection, context, faults }: Work,
): CommandResult | undefined {
  const index = findSet(from!, collection, faults);
  if (index === undefined || !checkSetName(to!, faults)) return undefined;
  if (extra) return faults.misuse('unknown-operand', `Unknown argument ${extra.text}`, extra.span);
  const other = collection.indexOf(to!.text);
  if (name === 'swap') {
    if (other < 0) return faults.refuse('unknown-second-set', to!.span);
    const refusal = collection.swap(index, other);
    return refusal ? faults.refuse(refusal, to!.span) : {};
  }
  const isBusy = collection.references(index) > 0 || context.isUsed?.(from!.text) === true;
  if (isBusy) return faults.refuse('set-in-use-rename', from!.span);
  if (other >= 0) return faults.refuse('set-exists-rename', to!.span);
  collection.rename(index, to!.text);
  return {};
}
