// What ip shows of what was recorded, as iproute2 6.1 prints it.

import type { Family } from '../ir/ir.ts';
import type { Answer } from './call.ts';
import type { InterfaceRecord } from './host.ts';
import { type IpCall, isSelected } from './ip-words.ts';

const MTU_DEFAULT = 1500;

/** Words of a selection that are no name of an interface. */
const NO_NAMES = ['dev', 'up', 'to', 'scope', 'label', 'dynamic', 'permanent', 'primary', 'secondary', 'type', 'master'];

interface Shown extends InterfaceRecord {
  readonly name: string;
  readonly index: number;
}

/** The interfaces that are asked for; undefined when there is none of the name. */
function selected({ host, words }: IpCall): Shown[] | undefined {
  const name = words.find((word, i) => !NO_NAMES.includes(word) && !NO_NAMES.slice(2).includes(words[i - 1] ?? ''));
  const all = [...host.interfaces].map(([name, link], i): Shown => ({ ...link, name, index: i + 2 }));
  const found = all.filter((link) => name === undefined || link.name === name);
  return name !== undefined && found.length === 0 ? undefined : found.filter(({ up }) => !words.includes('up') || up !== false);
}

function missing({ words }: IpCall): Answer {
  return { status: 1, stdout: '', stderr: `Device "${words.find((word) => word !== 'dev')}" does not exist.\n` };
}

function title({ name, index, mtu = MTU_DEFAULT, up = true }: Shown): string {
  const flags = `BROADCAST,MULTICAST${up ? ',UP,LOWER_UP' : ''}`;
  return `${index}: ${name}: <${flags}> mtu ${mtu} qdisc ${up ? 'fq_codel' : 'noop'} state ${up ? 'UP' : 'DOWN'} group default qlen 1000`;
}

const HARDWARE = 'link/ether 00:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff';
const LIFETIME = 'valid_lft forever preferred_lft forever';

export function showLinks(call: IpCall): Answer {
  const links = selected(call);
  if (!links) return missing(call);
  const lines = links.map((link) => {
    const first = title(link).replace(' group', ' mode DEFAULT group');
    return call.oneLine ? `${first}\\    ${HARDWARE}\n` : `${first}\n    ${HARDWARE}\n`;
  });
  return { status: 0, stdout: lines.join(''), stderr: '' };
}

export function showAddresses(call: IpCall): Answer {
  const links = selected(call);
  if (!links) return missing(call);
  return { status: 0, stdout: links.map((link) => showInterface(link, call)).join(''), stderr: '' };
}

function showInterface(link: Shown, { family, oneLine }: IpCall): string {
  const { name, index } = link;
  const addresses = link.addresses.filter((text) => family === undefined || family === familyOf(text));
  const lines = addresses.map((text) => {
    const [address = '', ...rest] = text.split(' ');
    const bits = address.includes('/') ? '' : familyOf(text) === 4 ? '/32' : '/128';
    const words = [address + bits, ...rest].join(' ');
    return familyOf(text) === 4 ? `inet ${words} scope global ${name}` : `inet6 ${words} scope global`;
  });
  if (oneLine) return lines.map((line) => `${index}: ${name}    ${line}\\       ${LIFETIME}\n`).join('');
  if (family !== undefined && lines.length === 0) return '';
  const hardware = family === undefined ? `    ${HARDWARE}\n` : '';
  return `${title(link)}\n${hardware}${lines.map((line) => `    ${line}\n       ${LIFETIME}\n`).join('')}`;
}

function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

export function showRoutes(call: IpCall): Answer {
  const routes = call.host.routes.filter((route) => isSelected(route, call));
  return { status: 0, stdout: routes.map(({ words }) => `${words.join(' ')} \n`).join(''), stderr: '' };
}

/** The rules that every host has stand among those recorded. */
export function showRules({ host, family = 4 }: IpCall): Answer {
  const own = host.rules
    .filter((rule) => rule.family === family)
    .map(({ priority, words }) => [priority, words.join(' ')] as const);
  const others = [
    [0, 'from all lookup local'],
    [32766, 'from all lookup main'],
    ...(family === 4 ? ([[32767, 'from all lookup default']] as const) : []),
  ] as const;
  const lines = [...others, ...own].sort(([a], [b]) => a - b).map(([priority, text]) => `${priority}:\t${text}\n`);
  return { status: 0, stdout: lines.join(''), stderr: '' };
}
