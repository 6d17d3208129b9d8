// iptables' own options: what each says, and what can only be checked once all of them were read.
//
// Ref: iptables 1.8.9, iptables/xshared.c:do_parse(), set_option(), ipv4_post_parse()

import { parseProtocol, protocolNames } from '../net/protocol.ts';
import { didYouMean } from '../text/suggest.ts';
import { checkAction, isAction, setAction } from './action.ts';
import { parseAddressList } from './address-list.ts';
import { type Action, addMatch, type Command, fail, matchName, takePlain } from './command.ts';
import { parseCounterPair } from './counters.ts';
import type { Argument } from './extension.ts';
import { checkConstraints, createInstance } from './instance.ts';
import { readInterfaceName } from './interface-name.ts';
import { reportNoExtension, setJump } from './jump.ts';

/** Options that may be negated; the others may not have a `!` before them. */
const INVERTIBLE = 'sdpiof';

/** Protocol numbers that are IPv6 extension headers: `-p` never sees them. Ref: iptables/xshared.c:is_exthdr() */
const EXTENSION_HEADERS: readonly number[] = [43, 44, 51, 60];

type Handler = (command: Command, written: Argument, value: Argument) => void;

const HANDLERS: Readonly<Record<string, Handler>> = {
  p: setProtocol,
  s: (command, _written, value) => {
    command.sources = { value: addresses(command, value), invert: isInverted(command) };
  },
  d: (command, _written, value) => {
    command.destinations = { value: addresses(command, value), invert: isInverted(command) };
  },
  i: (command, _written, value) => {
    command.inInterface = { value: interfaceName(command, value), invert: isInverted(command) };
  },
  o: (command, _written, value) => {
    command.outInterface = { value: interfaceName(command, value), invert: isInverted(command) };
  },
  f: setFragment,
  j: (command, written, value) => setJump(command, 'jump', written, value),
  g: (command, written, value) => setJump(command, 'goto', written, value),
  m: loadMatch,
  c: setCounters,
  '4': (command, written) => skipUnless(command, written, 4),
  '6': (command, written) => skipUnless(command, written, 6),
};

/** Options of the tool alone, not of a restore file. Ref: iptables/xshared.c:do_parse(), parse_wait_time(), parse_wait_interval() */
const TOOL_HANDLERS: Readonly<Record<string, (...given: [...Parameters<Handler>, attached: boolean]) => void>> = {
  t: setTable,
  w: (command, _written, value, attached) => {
    const seconds = attached ? value : takePlain(command, 1)[0];
    if (seconds && !LEADING_NUMBER.test(seconds.text)) {
      fail(command, 'bad-number', `"${seconds.text}" is no number of seconds to wait`, seconds.span);
    }
    command.waits = true;
  },
  W: (command, written, value, attached) => {
    const microseconds = attached ? value : takePlain(command, 1)[0];
    const number = Number(LEADING_NUMBER.exec(microseconds?.text ?? '')?.[0]);
    if (!(number >= 0 && number <= WAIT_INTERVAL_MAX)) {
      const message = `${written.text} needs a number of microseconds up to ${WAIT_INTERVAL_MAX}`;
      fail(command, 'bad-number', message, (microseconds ?? written).span);
    }
    command.interval = written;
  },
  // The tool prints and ends, whatever else the line says.
  V: (command) => {
    command.skipped = true;
  },
  h: (command) => {
    command.skipped = true;
  },
};

/** Most microseconds of --wait-interval. */
const WAIT_INTERVAL_MAX = 999_999;
/** What sscanf() takes for a decimal number. */
const LEADING_NUMBER = /^\s*[-+]?\d+/;

/** Takes up one of iptables' own options. */
export function applyBaseOption(
  command: Command,
  letter: string,
  written: Argument,
  value: Argument | undefined,
  attached: boolean,
): void {
  if (isAction(letter)) {
    setAction(command, letter, written, value);
  } else if ('wWtVh'.includes(letter)) {
    if (command.context.mode === 'command') TOOL_HANDLERS[letter]!(command, written, value ?? written, attached);
    else fail(command, 'illegal-option', `${written.text} cannot stand in a restore file`, written.span);
  } else if (attached && 'psdjio'.includes(letter)) {
    // do_parse() takes the whole word as the value here, so that iptables itself never understands `-s10.0.0.1`.
    fail(command, 'attached-argument', `iptables takes the value of -${letter} as a word of its own`, written.span);
  } else if (noteGiven(command, letter, written)) {
    HANDLERS[letter]?.(command, written, value ?? written);
  }
}

/** Marks an option as given; false when that is not allowed, which is reported. */
function noteGiven(command: Command, letter: string, written: Argument): boolean {
  if (command.bang && !INVERTIBLE.includes(letter) && !'46M'.includes(letter)) {
    fail(command, 'not-invertible', `"!" cannot stand before ${written.text}`, command.bang.span);
  }
  if ('46Mm'.includes(letter)) return true;
  const key = letter === 'g' ? 'j' : letter;
  const earlier = command.given.get(key);
  if (earlier && letter !== 'v') {
    const name = key === 'j' ? '-j or -g' : written.text;
    fail(command, 'duplicate-option', `${name} is given twice`, written.span, [{ message: 'first given here', span: earlier }]);
    return false;
  }
  command.given.set(key, written.span);
  return true;
}

function setTable(command: Command, written: Argument, value: Argument): void {
  if (command.bang) fail(command, 'not-invertible', `"!" cannot stand before ${written.text}`, command.bang.span);
  command.table = value;
}

function isInverted(command: Command): boolean {
  return command.bang !== undefined;
}

function setProtocol(command: Command, _written: Argument, value: Argument): void {
  const { family, diagnostics } = command.context;
  const text = value.text.toLowerCase();
  const protocol = parseProtocol(text);
  if (protocol === undefined) {
    const hint = didYouMean(text, protocolNames());
    fail(command, 'unknown-protocol', `"${value.text}" is neither a protocol name nor a number from 0 to 255${hint}`, value.span);
    return;
  }
  const invert = isInverted(command);
  if (protocol === 0 && invert) fail(command, 'never-matches', `"! -p ${value.text}" would never match`, value.span);
  if (family === 6 && !invert && EXTENSION_HEADERS.includes(protocol)) {
    const message = `-p ${value.text} never matches: it is an IPv6 extension header, which has a match of its own`;
    diagnostics.warning('never-matches', message, value.span);
  }
  command.protocol = { value: protocol, invert };
  command.protocolText = text;
}

function addresses(command: Command, value: Argument): ReturnType<typeof parseAddressList> {
  return parseAddressList(value, command.context.family, command.context.diagnostics);
}

function interfaceName(command: Command, value: Argument): string {
  if (value.text === '') fail(command, 'bad-interface', 'the interface name is empty', value.span);
  else return readInterfaceName(value, command.context.diagnostics) ?? '';
  return '';
}

function setFragment(command: Command, written: Argument): void {
  if (command.context.family === 6) {
    fail(command, 'wrong-family', '-f is for IPv4; IPv6 has -m frag', written.span);
    return;
  }
  command.fragment = { invert: isInverted(command) };
}

function loadMatch(command: Command, _written: Argument, value: Argument): void {
  const { registry, family } = command.context;
  const name = matchName(value.text);
  const extension = registry.match(name, family);
  if (extension) addMatch(command, createInstance(extension, family, value.span));
  else reportNoExtension(command, 'match', name, value);
}

function setCounters(command: Command, written: Argument, value: Argument): void {
  const comma = value.text.indexOf(',', 1);
  const bytes = comma < 0 ? takePlain(command, 1)[0]?.text : value.text.slice(comma + 1);
  if (bytes === undefined) {
    fail(command, 'missing-argument', `${written.text} needs two numbers: packets and bytes`, written.span);
    return;
  }
  const counters = parseCounterPair(comma < 0 ? value.text : value.text.slice(0, comma), bytes);
  if (counters) command.counters = counters;
  else fail(command, 'bad-counters', `${written.text} needs two numbers: packets and bytes`, value.span);
}

/** A line for the other family is skipped by that family's restore; the tool itself refuses it. Ref: do_parse(), case '4' and '6' */
function skipUnless(command: Command, written: Argument, family: 4 | 6): void {
  if (command.context.family === family) return;
  if (command.context.mode === 'restore') {
    command.skipped = true;
    return;
  }
  const [wanted, given] = family === 4 ? ['iptables', 'ip6tables'] : ['ip6tables', 'iptables'];
  fail(command, 'wrong-family', `${written.text} is for ${wanted}, this is ${given}`, written.span);
}

/** Checks what can only be checked once the whole line was read. */
export function finishCommand(command: Command): void {
  const { context, action } = command;
  for (const match of command.matches) checkConstraints(match, context.diagnostics);
  if (command.jump?.kind === 'extension') checkConstraints(command.jump.instance, context.diagnostics);
  if (command.interval && !command.waits) {
    fail(command, 'missing-option', `${command.interval.text} needs --wait beside it`, command.interval.span);
  }
  if (command.bang) fail(command, 'dangling-negation', 'nothing follows this "!"', command.bang.span);
  if (!action) {
    const first = command.words[0];
    if (first && context.diagnostics.errorCount === command.errorsBefore)
      fail(command, 'no-command', 'the line has no command such as -A', first.span);
    return;
  }
  checkAction(command, action);
  checkAddresses(command, action.letter);
  checkInterfaces(command, action.letter, action.operands[0]?.text);
  checkNatDrop(command, action);
}

function checkAddresses(command: Command, letter: string): void {
  const { sources, destinations } = command;
  const isList = (sources?.value.length ?? 0) > 1 || (destinations?.value.length ?? 0) > 1;
  if (isList && letter === 'R') {
    const span = command.given.get((sources?.value.length ?? 0) > 1 ? 's' : 'd')!;
    fail(command, 'list-replaces', '-R puts one rule in place of one rule: it takes no list of addresses', span);
  }
  if (!isList || !(sources?.invert || destinations?.invert)) return;
  const span = command.given.get(sources?.invert ? 's' : 'd')!;
  fail(command, 'negated-list', '"!" cannot stand with a list of addresses', span);
}

function checkInterfaces(command: Command, letter: string, chain: string | undefined): void {
  if (!'ADCIR'.includes(letter)) return;
  const out = command.given.get('o');
  const into = command.given.get('i');
  if (out && (chain === 'PREROUTING' || chain === 'INPUT')) {
    fail(command, 'wrong-interface', `-o cannot stand in ${chain}: packets have no output interface there`, out);
  }
  if (into && (chain === 'POSTROUTING' || chain === 'OUTPUT')) {
    fail(command, 'wrong-interface', `-i cannot stand in ${chain}: packets have no input interface there`, into);
  }
}

function checkNatDrop(command: Command, action: Action): void {
  if (command.context.table !== 'nat') return;
  const policy = action.letter === 'P' && action.operands[1]?.text === 'DROP' ? action.operands[1] : undefined;
  const drop = command.jump?.kind === 'standard' && command.jump.verdict === 'DROP' ? command.jump : undefined;
  const found = policy ?? drop;
  if (found) fail(command, 'nat-drop', 'the nat table is not for filtering: iptables refuses DROP there', found.span);
}
