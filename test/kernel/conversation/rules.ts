// Random stateful rules: every option of the matches and targets that look at connections. Most rules only count: each is a probe.

import { connectionMatches, hmarkTarget } from '../generate-connection.ts';
import type { Random } from '../random.ts';
import type { Family, World } from '../world.ts';
import { HELPER_PORTS } from './helpers.ts';

export interface ConversationRules {
  readonly family: Family;
  readonly world: World;
  /** Ports of the conversations. */
  readonly ports: readonly number[];
  /** Connections to the ports of helpers get them. */
  readonly helped: boolean;
}

interface Context extends ConversationRules {
  /** With a table nat the kernel chooses another port where tuples clash: zones that make them clash are left out. */
  readonly translating: boolean;
  /** Rules ask for nothing that a connection's next packet would have to be asked again. */
  readonly plain: boolean;
}

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Gives iptables-save text whose rules make the kernel track connections. */
export function conversationRules(random: Random, given: ConversationRules): string {
  const names = ['raw', 'mangle', 'nat', 'filter'].filter(
    (name) => name === 'filter' || (given.helped && name === 'raw') || random.chance(name === 'nat' ? 0.15 : 0.6),
  );
  const context = { ...given, translating: names.includes('nat'), plain: random.chance(0.3) };
  return names.map((name) => tableText(random, name, context)).join('');
}

function tableText(random: Random, table: string, context: Context): string {
  const chains = CHAINS[table]!;
  const rules = chains.flatMap((chain) => {
    const most = table === 'raw' || table === 'nat' ? 3 : 6;
    const count = table === 'raw' && context.plain ? 0 : random.int(most === 3 ? 0 : 1, most);
    return Array.from({ length: count }, () => `-A ${chain} ${ruleWords(random, table, context).join(' ')}`.trimEnd());
  });
  // Connections are tracked for a family only if one of its rules asks.
  const asked = table === 'filter' ? chains.map((chain) => `-A ${chain} -m conntrack --ctstate NEW`) : [];
  if (table === 'raw' && context.helped) asked.push(...chains.flatMap((chain) => allHelpers(chain, context)));
  return `${[`*${table}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), ...asked, ...rules, 'COMMIT'].join('\n')}\n`;
}

function ruleWords(random: Random, table: string, context: Context): string[] {
  if (table === 'raw') return rawRule(random, context);
  if (context.plain) return plainRule(random, table, context);
  const words = random.chance(0.3) ? someTraffic(random, context) : [];
  for (let more = 0.9; random.chance(more); more = 0.25) {
    const match = stateMatch(random, context);
    if (!words.includes(match[1]!)) words.push(...match);
  }
  const isBroad = words.length === 0;
  return [...words, ...target(random, table, isBroad)];
}

/** What connections remember of their packets' ways. */
function plainRule(random: Random, table: string, context: Context): string[] {
  const words = random.chance(0.4) ? someTraffic(random, context) : [];
  const asked = random.weighted<() => string[]>([
    [4, () => ['-m', 'conntrack', '--ctstate', random.some(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'], 2).join(',')]],
    [1, () => ['-m', 'length', '--length', `${random.int(20, 80)}:${random.int(80, 1500)}`]],
    [
      1,
      () =>
        context.family === 4
          ? ['-m', 'ttl', '--ttl-lt', `${random.int(30, 70)}`]
          : ['-m', 'hl', '--hl-lt', `${random.int(30, 70)}`],
    ],
    [1, () => ['-m', 'connmark', '--mark', random.pick(['0', '1'])]],
    [1, () => ['-m', 'dscp', '--dscp', random.pick(['0', '0x2e'])]],
    [
      words.includes('tcp') ? 3 : 0,
      () => [
        '-m',
        'tcp',
        '--tcp-flags',
        random.pick(['SYN,ACK', 'FIN', 'PSH,ACK', 'RST']),
        random.pick(['SYN', 'FIN', 'PSH', 'NONE']),
      ],
    ],
  ])();
  const decides = asked.includes('--ctstate') ? 1 : 0.3;
  const targets = random.weighted<string[]>([
    [4, []],
    [decides, ['-j', 'ACCEPT']],
    [table === 'nat' ? 0 : 0.2 * decides, ['-j', 'DROP']],
  ]);
  return [...words, ...asked, ...targets];
}

/** Packets of a protocol, from or to somebody. */
function someTraffic(random: Random, { family, world, ports }: ConversationRules): string[] {
  const words = random.chance(0.3) ? [random.pick(['-s', '-d']), random.pick(world.places[family]).address] : [];
  const protocol = random.pick(['tcp', 'tcp', 'udp', family === 4 ? 'icmp' : 'ipv6-icmp', 'sctp', '33', '47', '136']);
  words.push('-p', protocol);
  if (['tcp', 'udp', 'sctp'].includes(protocol) && random.chance(0.5)) {
    words.push('-m', protocol, random.pick(['--sport', '--dport']), `${random.pick(ports)}`);
  }
  return words;
}

/** What a chain of table raw may ask and do. */
function rawRule(random: Random, context: Context): string[] {
  if (random.chance(0.35)) return helperRule(random, context);
  const words = someTraffic(random, context);
  const zone = context.translating ? '--zone' : random.pick(['--zone', '--zone', '--zone-orig', '--zone-reply']);
  const targets = [
    ['-j', 'CT', '--notrack'],
    ['-j', 'NOTRACK'],
    ['-j', 'CT', zone, random.pick(['1', '2', '1', 'mark'])],
    ['-j', 'CT', zone, random.pick(['1', '2', '1', 'mark'])],
    ['-j', 'CT', '--ctevents', random.some(['new', 'related', 'destroy', 'reply', 'assured', 'protoinfo', 'mark'], 3).join(',')],
    ['-j', 'MARK', '--set-mark', random.pick(['0', '1', '2'])],
  ];
  return [...words, ...random.pick(targets)];
}

function allHelpers(chain: string, { family }: Context): string[] {
  const helpers = [['tcp', 'ftp'], ['udp', 'tftp'], ['udp', 'amanda'], ...(family === 4 ? [['tcp', 'irc']] : [])] as const;
  return helpers.map(([protocol, name]) => {
    return `-A ${chain} -p ${protocol} -m ${protocol} --dport ${HELPER_PORTS[name as keyof typeof HELPER_PORTS]} -j CT --helper ${name}`;
  });
}

/** Gives connections a helper: mostly those of its port, or all of its protocol. */
function helperRule(random: Random, { family }: Context): string[] {
  const tcp = ['ftp', 'ftp', 'sane', ...(family === 4 ? ['irc', 'irc', 'pptp'] : [])];
  const [protocol, name] = random.chance(0.6) ? ['tcp', random.pick(tcp)] : ['udp', random.pick(['tftp', 'amanda'])];
  const port = (HELPER_PORTS as Readonly<Record<string, number>>)[name];
  const ports = port !== undefined && random.chance(0.8) ? ['-m', protocol, '--dport', `${port}`] : [];
  return ['-p', protocol, ...ports, '-j', 'CT', '--helper', name];
}

function target(random: Random, table: string, isBroad: boolean): string[] {
  if (table === 'nat') return random.pick([[], ['-j', 'ACCEPT'], ['-j', 'RETURN']]);
  return random.weighted<() => string[]>([
    [8, () => []],
    [isBroad ? 0 : 1, () => ['-j', 'ACCEPT']],
    [isBroad ? 0 : 0.6, () => ['-j', 'DROP']],
    [isBroad || table !== 'filter' ? 0 : 0.3, () => ['-j', 'REJECT']],
    [table === 'mangle' ? 4 : 0.5, () => connmarkTarget(random)],
    [table === 'mangle' ? 1.5 : 0.2, () => ['-j', 'MARK', '--set-mark', random.pick(['0', '1', '2', '3'])]],
    [table === 'mangle' ? 0.7 : 0.1, () => hmarkTarget(random)],
    [table === 'mangle' ? 0.2 : 0, () => ['-j', 'CONNSECMARK', random.pick(['--save', '--restore'])]],
  ])();
}

const MARKS = ['0x0', '0x1', '0x2', '0x3', '0xf0'];

function connmarkTarget(random: Random): string[] {
  const value = random.pick(MARKS);
  const option = random.pick([
    ['--set-xmark', `${value}/0xffffffff`],
    ['--set-xmark', `${value}/0x3`],
    ['--save-mark'],
    ['--save-mark', '--nfmask', '0xf', '--ctmask', '0xff'],
    ['--restore-mark'],
    ['--restore-mark', '--nfmask', '0xf0', '--ctmask', '0xff'],
    ['--or-mark', value],
    ['--xor-mark', value],
  ]);
  const shift = random.chance(0.2) ? [random.pick(['--left-shift-mark', '--right-shift-mark']), `${random.int(1, 31)}`] : [];
  return ['-j', 'CONNMARK', ...option, ...shift];
}

function invert(random: Random): string[] {
  return random.chance(0.25) ? ['!'] : [];
}

function stateMatch(random: Random, context: Context): string[] {
  return random.weighted<() => string[]>([
    [3, () => ['-m', 'conntrack', ...invert(random), '--ctstate', random.some(STATES, 3).join(',')]],
    [5, () => conntrackMatch(random, context)],
    [0.7, () => ['-m', 'state', ...invert(random), '--state', random.some(STATES.slice(0, 5), 2).join(',')]],
    [1, () => ['-m', 'connmark', ...invert(random), '--mark', random.pick([...MARKS, '0x1/0x1', '0xf0/0xf0'])]],
    [0.4, () => ['-m', 'mark', ...invert(random), '--mark', random.pick(MARKS)]],
    [
      3,
      () => random.pick(connectionMatches)(random, { ...context, table: '', chain: '', callable: [], tracking: true, sets: [] }),
    ],
  ])();
}

const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'SNAT', 'DNAT'];
const STATUSES = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'];
/** Between the timeouts that entries have, so that no second decides. */
const EXPIRE = ['0:5', '5:25', '25:40', '40:70', '70:100', '100:150', '150:250', '250:400', '400:900', '900:4294967295', '0'];

/** One option of -m conntrack, or several. */
function conntrackMatch(random: Random, { family, world, ports }: ConversationRules): string[] {
  const address = () => {
    const bits = random.pick(family === 4 ? [32, 32, 24, 8, 0] : [128, 128, 64, 32, 0]);
    return `${random.pick(world.places[family]).address}/${bits}`;
  };
  const port = () => random.pick([`${random.pick(ports)}`, '1:1023', '1024:65535']);
  const options: (() => string[])[] = [
    () => ['--ctstate', random.some(STATES, 3).join(',')],
    () => ['--ctproto', random.pick(['tcp', 'udp', family === 4 ? 'icmp' : 'ipv6-icmp', 'sctp', 'dccp', '47', '136', '50'])],
    ...['--ctorigsrc', '--ctorigdst', '--ctreplsrc', '--ctrepldst'].map((name) => () => [name, address()]),
    ...['--ctorigsrcport', '--ctorigdstport', '--ctreplsrcport', '--ctrepldstport'].map((name) => () => [name, port()]),
    () => ['--ctstatus', random.some(STATUSES, 2).join(',')],
    () => ['--ctexpire', random.pick(EXPIRE)],
  ];
  const chosen = random.some(options, random.pick([1, 1, 2, 4])).flatMap((option) => [...invert(random), ...option()]);
  const direction = random.chance(0.3) ? ['--ctdir', random.pick(['ORIGINAL', 'REPLY'])] : [];
  return ['-m', 'conntrack', ...chosen, ...direction];
}
