// The calls of ip: addresses, links, routes and routing rules are written down and shown; of anything else it is noted that it was
// asked for.
//
// Ref: iproute2 6.1, ip/ip.c, ip/ipaddress.c, ip/iplink.c, ip/iproute.c, ip/iprule.c

import type { Family } from '../ir/ir.ts';
import type { Answer, Call } from './call.ts';
import { type HostRecord, interfaceRecord, type RouteRecord } from './host.ts';
import { showAddresses, showLinks, showRoutes, showRules } from './ip-show.ts';
import { destination, type IpCall, isSelected, isShow, routeKey, without, wordBehind } from './ip-words.ts';

const DONE: Answer = { status: 0, stdout: '', stderr: '' };
/** Exit codes: what the words say is wrong, and what the kernel refuses. */
const [MISUSED, REFUSED] = [1, 2];

/** Objects in the order in which ip looks for the one that a beginning means. */
const OBJECTS = [
  'address',
  'addrlabel',
  'maddress',
  'route',
  'rule',
  'neighbor',
  'ntable',
  'link',
  'l2tp',
  'tunnel',
  'tuntap',
  'netns',
  'xfrm',
  'mroute',
  'monitor',
] as const;
const COMMANDS = [
  'add',
  'change',
  'replace',
  'append',
  'prepend',
  'delete',
  'set',
  'show',
  'list',
  'lst',
  'flush',
  'get',
  'save',
  'restore',
] as const;

/** The first of some names that begins with a word. */
function named<T extends string>(word: string | undefined, names: readonly T[]): T | undefined {
  return word === undefined || word === '' ? undefined : names.find((name) => name.startsWith(word));
}

export function answerIp(host: HostRecord, call: Call): Answer {
  const { args } = call;
  let family: Family | undefined;
  let oneLine = false;
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const option = args[at]!.replace(/^--?/, '');
    if (option === '4' || option === '6') family = option === '4' ? 4 : 6;
    else if (option === 'f' || option === 'family') family = args[++at] === 'inet6' ? 6 : 4;
    else if (option !== '' && 'oneline'.startsWith(option)) oneLine = true;
    else if (option !== '' && 'batch'.startsWith(option)) return answerBatch(host, call, args[at + 1] ?? '-');
    else if (option === 'V' || option === 'Version') return { ...DONE, stdout: 'ip utility, iproute2-6.1.0\n' };
    else if (!/^(s|stats|statistics|d|details|N|Numeric|n|force|echo|t|r|resolve)$/.test(option)) {
      return fault(MISUSED, `hookline record: "ip ${args.join(' ')}" cannot be answered: option "-${option}"`);
    }
  }
  return answerObject({ host, family, oneLine, words: args.slice(at) });
}

/** Each line of a batch is a call without `ip`; it ends at the first that fails. */
function answerBatch(host: HostRecord, call: Call, path: string): Answer {
  const source = path === '-' ? call.readInput() : call.readFile(path);
  if (!source) return fault(MISUSED, `Cannot open file "${path}" for reading: No such file or directory`);
  let stdout = '';
  for (const [i, line] of source.text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim();
    if (words === '') continue;
    const answer = answerIp(host, { ...call, args: words.split(/\s+/) });
    stdout += answer.stdout;
    if (answer.status !== 0) return { status: MISUSED, stdout, stderr: `${answer.stderr}Command failed ${path}:${i + 1}\n` };
  }
  return { ...DONE, stdout };
}

function answerObject(call: IpCall): Answer {
  const [first, second, ...rest] = call.words;
  const object = named(first, OBJECTS);
  const command = second === undefined ? 'show' : named(second, COMMANDS);
  const inner = { ...call, words: rest };
  if (object === 'address') return answerAddress(command, second, inner);
  if (object === 'link') return answerLink(command, second, inner);
  if (object === 'route') return answerRoute(command, second, inner);
  if (object === 'rule') return answerRule(command, inner);
  if (object === undefined) return fault(MISUSED, `Object "${first ?? ''}" is unknown, try "ip help".`);
  if (command !== 'show' && command !== 'list') call.host.leftOut.add(`ip ${object}`);
  return DONE;
}

function answerAddress(command: string | undefined, second: string | undefined, call: IpCall): Answer {
  const { host, words } = call;
  if (isShow(command)) return showAddresses(call);
  const device = wordBehind(words, 'dev');
  if (command === 'flush') {
    for (const [name, { addresses }] of host.interfaces) if (device === undefined || name === device) addresses.length = 0;
    return DONE;
  }
  if (!device) return fault(MISUSED, 'Not enough information: "dev" argument is required.');
  const others = without(words, ['dev', 'label', 'scope', 'metric', 'valid_lft', 'preferred_lft', 'proto']);
  const text = others
    .filter((word) => !['local', 'nodad', 'noprefixroute', 'home', 'autojoin', 'mngtmpaddr'].includes(word))
    .join(' ');
  const { addresses } = interfaceRecord(host, device);
  const known = addresses.findIndex((address) => addressKey(address) === addressKey(text));
  if (command === 'add' && known >= 0) return fault(REFUSED, 'RTNETLINK answers: File exists');
  if (command === 'delete' && known < 0) return fault(REFUSED, 'RTNETLINK answers: Cannot assign requested address');
  if (command === 'delete') addresses.splice(known, 1);
  else if (command === 'add' || command === 'replace' || command === 'change')
    addresses.splice(known < 0 ? addresses.length : known, known < 0 ? 0 : 1, text);
  else return fault(MISUSED, `Command "${second}" is unknown, try "ip address help".`);
  return DONE;
}

/** Address and prefix length: what else is said of it does not make it another. */
function addressKey(text: string): string {
  const [address = ''] = text.split(' ');
  return address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
}

function answerLink(command: string | undefined, second: string | undefined, call: IpCall): Answer {
  const { host, words } = call;
  if (isShow(command)) return showLinks(call);
  const name =
    wordBehind(words, 'name') ?? wordBehind(words, 'dev') ?? words.find((word) => !['dev', 'link', 'type'].includes(word)) ?? '';
  if (command === 'add') {
    if (host.interfaces.has(name)) return fault(REFUSED, 'RTNETLINK answers: File exists');
    interfaceRecord(host, name).up = false;
  } else if (command === 'delete') {
    if (!host.interfaces.delete(name)) return fault(MISUSED, `Cannot find device "${name}"`);
  } else if (command === 'set') {
    const link = interfaceRecord(host, name);
    const mtu = wordBehind(words, 'mtu');
    if (words.includes('up')) link.up = true;
    if (words.includes('down')) link.up = false;
    if (mtu !== undefined) link.mtu = Number(mtu);
  } else {
    return fault(MISUSED, `Command "${second}" is unknown, try "ip link help".`);
  }
  return DONE;
}

function answerRoute(command: string | undefined, second: string | undefined, call: IpCall): Answer {
  const { host, words } = call;
  if (isShow(command)) return showRoutes(call);
  if (command === 'flush') {
    if (words[0] !== 'cache') host.routes = host.routes.filter((route) => !isSelected(route, call));
    return DONE;
  }
  if (command === 'get') return fault(MISUSED, 'hookline record: "ip route get" cannot be answered');
  if (words.length === 0) return fault(MISUSED, 'Error: either "to" is duplicate, or "" is a garbage.');
  const own = words[0] === 'to' ? words.slice(1) : words;
  const family = call.family ?? (own.some((word) => word.includes(':')) ? 6 : 4);
  const route: RouteRecord = { family, words: own };
  const known = host.routes.findIndex((other) =>
    command === 'delete' ? isMeant(route, other) : routeKey(route) === routeKey(other),
  );
  if (command === 'delete' && known < 0) return fault(REFUSED, 'RTNETLINK answers: No such process');
  if (command === 'add' && known >= 0) return fault(REFUSED, 'RTNETLINK answers: File exists');
  if (command === 'change' && known < 0) return fault(REFUSED, 'RTNETLINK answers: No such file or directory');
  if (command === 'delete') host.routes.splice(known, 1);
  else if (command === 'append') host.routes.push(route);
  else if (command === 'prepend') host.routes.unshift(route);
  else if (command === 'add' || command === 'change' || command === 'replace')
    host.routes.splice(known < 0 ? host.routes.length : known, known < 0 ? 0 : 1, route);
  else return fault(MISUSED, `Command "${second}" is unknown, try "ip route help".`);
  return DONE;
}

/** A deletion names a route by as much of it as one likes. */
function isMeant(asked: RouteRecord, route: RouteRecord): boolean {
  const keys = ['via', 'dev', 'metric', 'src', 'proto', 'scope'];
  return (
    asked.family === route.family &&
    destination(asked.words) === destination(route.words) &&
    (wordBehind(asked.words, 'table') ?? 'main') === (wordBehind(route.words, 'table') ?? 'main') &&
    keys.every(
      (key) => wordBehind(asked.words, key) === undefined || wordBehind(asked.words, key) === wordBehind(route.words, key),
    )
  );
}

/** A rule as `ip rule` shows it. */
function ruleText(words: readonly string[]): string {
  const shown = words.map((word, i) => {
    if (word === 'table') return 'lookup';
    return words[i - 1] === 'fwmark' && /^\d+$/.test(word) ? `0x${Number(word).toString(16)}` : word;
  });
  const from = shown.includes('from') ? [] : ['from', 'all'];
  return (shown[0] === 'not' ? ['not', ...from, ...shown.slice(1)] : [...from, ...shown]).join(' ');
}

/** The priority of the first rule that names none; each such rule stands before those that are there. */
const PRIORITY_FIRST = 32765;

function answerRule(command: string | undefined, call: IpCall): Answer {
  const { host, words } = call;
  const family = call.family ?? (words.some((word) => /^[0-9a-f]*:[0-9a-f:/]*$/.test(word)) ? 6 : 4);
  if (isShow(command)) return showRules({ ...call, family });
  if (command === 'flush') {
    host.rules = host.rules.filter((rule) => rule.family !== family);
    return DONE;
  }
  const given =
    wordBehind(words, 'pref') ?? wordBehind(words, 'priority') ?? wordBehind(words, 'preference') ?? wordBehind(words, 'order');
  const rule = without(words, ['pref', 'priority', 'preference', 'order']);
  const text = ruleText(rule);
  const ofFamily = host.rules.filter((other) => other.family === family);
  const known = ofFamily.find(
    (other) => other.words.join(' ') === text && (given === undefined || other.priority === Number(given)),
  );
  if (command === 'delete') {
    const found = known ?? (rule.length === 0 ? ofFamily.find(({ priority }) => priority === Number(given)) : undefined);
    if (!found) return fault(REFUSED, 'RTNETLINK answers: No such file or directory');
    host.rules.splice(host.rules.indexOf(found), 1);
    return DONE;
  }
  if (command !== 'add') return fault(MISUSED, 'hookline record: this command of "ip rule" cannot be answered');
  if (known && given !== undefined) return fault(REFUSED, 'RTNETLINK answers: File exists');
  const priority =
    given === undefined ? Math.min(PRIORITY_FIRST + 1, ...ofFamily.map((other) => other.priority)) - 1 : Number(given);
  host.rules.push({ family, priority, words: text.split(' ') });
  return DONE;
}

function fault(status: number, message: string): Answer {
  return { status, stdout: '', stderr: `${message}\n` };
}
