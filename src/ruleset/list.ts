// A table as `iptables -L` lists it, column by column.
//
// Names: iptables asks the machine's resolver for the names of addresses unless -n is given. This listing is that of a machine
// whose resolver knows none, so that an address is a number; protocols, services and the like have the names of a Debian system.
// Ref: iptables 1.8.9, iptables/iptables.c:list_entries(), print_firewall()

import type { Family } from '../ir/ir.ts';
import { formatAddress, formatMask, prefixMask } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import { byteLength } from '../text/source.ts';
import { NO_COUNTERS } from './counters.ts';
import { printContext } from './print.ts';
import { type Selection, selectChains } from './specification.ts';
import type { AddressMask, ChainTree, Counters, Invertible, RuleTree, TableTree } from './tree.ts';

export interface ListOptions extends Selection {
  /** No names (`-n`). */
  readonly numeric?: boolean;
  /** With counters and interfaces (`-v`). */
  readonly verbose?: boolean;
  /** Counters in full (`-x`), not cut to K, M, G, T. */
  readonly exact?: boolean;
  /** With the number of each rule in its chain. */
  readonly lineNumbers?: boolean;
}

/** Gives the text of `iptables -L`; undefined when there is no such chain. */
export function listTable(table: TableTree, family: Family, options: ListOptions = {}): string | undefined {
  const chains = selectChains(table, options);
  if (chains.length === 0) return undefined;
  const references = countReferences(table);
  return chains.map((chain) => listChain(chain, references, family, options)).join('\n');
}

/** How many rules lead to each chain. */
function countReferences({ chains }: TableTree): ReadonlyMap<string, number> {
  const references = new Map<string, number>();
  for (const { target } of chains.flatMap((chain) => chain.rules)) {
    if (target?.kind === 'chain') references.set(target.chain, (references.get(target.chain) ?? 0) + 1);
  }
  return references;
}

function listChain(chain: ChainTree, references: ReadonlyMap<string, number>, family: Family, options: ListOptions): string {
  const { rule: only } = options;
  const lines = only === undefined ? [chainTitle(chain, references, options), columnTitles(options)] : [];
  for (const [index, rule] of chain.rules.entries()) {
    if (only === undefined || index + 1 === only) lines.push(listRule(rule, index + 1, family, options));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Ref: iptables/xshared.c:print_header() */
function chainTitle(
  { name, policy, counters }: ChainTree,
  references: ReadonlyMap<string, number>,
  { verbose, exact }: ListOptions,
): string {
  if (!policy) return `Chain ${name} (${references.get(name) ?? 0} references)`;
  const { packets, bytes } = counters ?? NO_COUNTERS;
  const counts = verbose ? ` ${formatCount(packets, exact).trim()} packets, ${formatCount(bytes, exact).trim()} bytes` : '';
  return `Chain ${name} (policy ${policy}${counts})`;
}

function columnTitles({ lineNumbers, verbose, exact }: ListOptions): string {
  const counters = exact ? '    pkts      bytes ' : ' pkts bytes ';
  const interfaces = ' in     out    ';
  return [
    lineNumbers ? 'num  ' : '',
    verbose ? counters : '',
    'target     prot opt',
    verbose ? interfaces : '',
    ' source               destination         ',
  ].join('');
}

/** Ref: iptables/xshared.c:print_rule_details(), print_fragment(), print_ifaces(), print_ipv4_addresses() */
function listRule(rule: RuleTree, number: number, family: Family, options: ListOptions): string {
  const { numeric = false, verbose, exact, lineNumbers } = options;
  const { counters = NO_COUNTERS, protocol, fragment, inInterface, outInterface, source, destination } = rule;
  return [
    lineNumbers ? `${pad(String(number), 4)} ` : '',
    verbose ? listCounters(counters, exact) : '',
    `${pad(targetName(rule), 9)} `,
    `${sign(protocol)}${pad(listProtocol(protocol?.value ?? 0, numeric), 4)} `,
    `${fragment ? `${fragment.invert ? '!' : '-'}f` : '--'} `,
    verbose ? ` ${pad(listInterface(inInterface, numeric), 6)} ${pad(listInterface(outInterface, numeric), 6)} ` : '',
    `${sign(source)}${pad(listAddress(source, family, numeric), 19)} `,
    `${sign(destination)}${pad(listAddress(destination, family, numeric), 19)} `,
    listExtensions(rule, family, numeric),
  ].join('');
}

/**
 * What -v prints of a rule that a command is about: numbers, but for the protocols that the tool knows by heart.
 * Ref: iptables/iptables.c:print_firewall_line()
 */
export function listRuleAlone(rule: RuleTree, family: Family): string {
  const { protocol, fragment, inInterface, outInterface, source, destination } = rule;
  const number = protocol?.value ?? 0;
  return [
    `${targetName(rule)} ${sign(protocol)}${OWN_PROTOCOLS.get(number) ?? number} `,
    `opt ${fragment ? `${fragment.invert ? '!' : '-'}f` : '--'} `,
    `in ${listInterface(inInterface, true)} out ${listInterface(outInterface, true)} `,
    `${sign(source)}${listAddress(source, family, true)} `,
    `${sign(destination)}-> ${listAddress(destination, family, true)}`,
    `  ${listExtensions(rule, family, true)}`,
  ].join('');
}

function listCounters({ packets, bytes }: Counters, exact: boolean | undefined): string {
  return `${formatCount(packets, exact)} ${formatCount(bytes, exact)} `;
}

/** Ref: libxtables/xtables.c:xtables_chain_protos, the first name of each */
const OWN_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'all'],
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'ipv6-icmp'],
  [132, 'sctp'],
  [135, 'mobility-header'],
  [136, 'udplite'],
]);

const UNITS = 'KMGT';

/** Five places, and from 100,000 on the number in thousands and so on. Ref: libxtables/xtables.c:xtables_print_num() */
function formatCount(count: bigint, exact: boolean | undefined): string {
  if (exact) return String(count).padStart(8);
  if (count <= 99_999n) return String(count).padStart(5);
  // In 64 bits, where the largest counts come out as none.
  let thousands = BigInt.asUintN(64, count + 500n) / 1000n;
  let unit = 0;
  for (; thousands > 9_999n && unit < UNITS.length - 1; unit++) thousands = (thousands + 500n) / 1000n;
  return `${String(thousands).padStart(4)}${UNITS[unit]}`;
}

function targetName({ target }: RuleTree): string {
  switch (target?.kind) {
    case undefined:
      return '';
    case 'chain':
      return target.chain;
    case 'standard':
      return target.verdict;
    case 'extension':
      return target.extension.listedAs ?? target.extension.name;
  }
}

function sign(asked: Invertible<unknown> | undefined): string {
  return asked?.invert ? '!' : ' ';
}

function listProtocol(protocol: number, numeric: boolean): string {
  return numeric ? String(protocol) : (protocolName(protocol) ?? String(protocol));
}

function listInterface(name: Invertible<string> | undefined, numeric: boolean): string {
  return `${name?.invert ? '!' : ''}${name?.value || (numeric ? '*' : 'any')}`;
}

/** Every address is `anywhere`: for IPv4 by the mask, for IPv6 by the address. Ref: iptables/xshared.c:ipv4_addr_to_string() */
function listAddress(asked: Invertible<AddressMask> | undefined, family: Family, numeric: boolean): string {
  const any = prefixMask(family, 0);
  const { address, mask } = asked?.value ?? { address: any, mask: any };
  const isAny = (family === 4 ? mask : address).every((byte) => byte === 0);
  if (isAny && !numeric) return 'anywhere';
  const isHost = mask.every((byte) => byte === 0xff);
  return `${formatAddress(address)}${isHost ? '' : `/${formatMask(mask)}`}`;
}

function listExtensions(rule: RuleTree, family: Family, numeric: boolean): string {
  const { matches, target } = rule;
  const context = printContext(rule, family, { numeric });
  return [
    target?.kind === 'chain' && target.jump === 'goto' ? '[goto] ' : '',
    ...matches.map(({ extension, options }) => extension.print?.(options, context) ?? `${extension.name} `),
    target?.kind === 'extension' ? (target.extension.print?.(target.options, context) ?? '') : '',
  ].join('');
}

/** Fills up with blanks, counting bytes as printf() does. */
function pad(text: string, bytes: number): string {
  return text + ' '.repeat(Math.max(0, bytes - byteLength(text)));
}
