// Numbers that iproute2 reads and prints by name: routing tables, scopes, types of service, groups. Other names stand in files of the machine.

import { parseUnsigned } from '../net/number.ts';
import { SCOPES, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './host.ts';

const U32_MAX = 0xffff_ffff;

const TABLES: Readonly<Record<string, number>> = { default: TABLE_DEFAULT, main: TABLE_MAIN, local: TABLE_LOCAL };

/** Types of service as /etc/iproute2/rt_dsfield names them. */
const FIELDS: Readonly<Record<string, number>> = {
  default: 0,
  lowdelay: 0x10,
  throughput: 0x08,
  reliability: 0x04,
  EF: 0xb8,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`CS${n}`, n << 5])),
  ...Object.fromEntries([1, 2, 3, 4].flatMap((n) => [1, 2, 3].map((drop) => [`AF${n}${drop}`, (n << 5) | (drop << 3)]))),
};

/** Reads a routing table: a number or `main`, `local`, `default`. */
export function parseTable(text: string): number | undefined {
  return TABLES[text] ?? parseUnsigned(text, U32_MAX, 1);
}

export function parseScope(text: string): number | undefined {
  return SCOPES[text] ?? parseUnsigned(text, 255);
}

/** Reads a type of service: a name, or a number that is hexadecimal with or without `0x`. Ref: iproute2 lib/rt_names.c:rtnl_dsfield_a2n() */
export function parseField(text: string): number | undefined {
  const named = FIELDS[text];
  if (named !== undefined) return named;
  return /^(0x)?[0-9a-f]{1,2}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** Reads a group of interfaces. */
export function parseGroup(text: string): number | undefined {
  return text === 'default' ? 0 : parseUnsigned(text, U32_MAX);
}

const REALM_MAX = 255;

/** `TO`, or `FROM/TO`. Gives `from << 16 | to`. Ref: iproute2 lib/rt_names.c:get_rt_realms_or_raw() */
export function parseRealms(text: string): number | undefined {
  const at = text.indexOf('/');
  const one = (name: string, max: number): number | undefined => (name === 'cosmos' ? 0 : parseUnsigned(name, max));
  if (at < 0) return one(text, U32_MAX);
  const from = one(text.slice(0, at), REALM_MAX);
  const to = one(text.slice(at + 1), REALM_MAX);
  return from === undefined || to === undefined ? undefined : ((from << 16) | to) >>> 0;
}
