// The connection tracking helpers of the kernel, as CT --helper names them, with what their modules can be told.

const TCP = 6;
const UDP = 17;
const U32_MAX = 0xffff_ffff;

interface Parameter {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

const flag = (initial: 0 | 1): Parameter => ({ initial, min: 0, max: 1 });
const seconds = (initial: number): Parameter => ({ initial, min: 0, max: U32_MAX });

/**
 * Parameters of modules, in the order in which the core has them (PARAMETER_* of assembly/abi/expect.ts).
 * Ref: net/netfilter/nf_conntrack_*.c:module_param()
 */
export const HELPER_MODULES = {
  nf_conntrack_ftp: { loose: flag(0) },
  nf_conntrack_tftp: {},
  nf_conntrack_irc: { max_dcc_channels: { initial: 8, min: 1, max: 255 }, dcc_timeout: seconds(300) },
  nf_conntrack_sip: {
    sip_direct_signalling: flag(1),
    sip_direct_media: flag(1),
    sip_external_media: flag(0),
    sip_timeout: seconds(3600),
  },
  nf_conntrack_amanda: { master_timeout: seconds(300) },
  nf_conntrack_sane: {},
  nf_conntrack_netbios_ns: { timeout: seconds(3) },
  nf_conntrack_snmp: { timeout: seconds(30) },
  nf_nat_snmp_basic: {},
  nf_conntrack_pptp: {},
  nf_conntrack_h323: { default_rrq_ttl: seconds(300), gkrouted_only: flag(1), callforward_filter: flag(1) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Parameter>>>>;

/** The usual ports of those modules that can be told others. */
export const HELPER_PORTS: Readonly<Record<string, number>> = {
  nf_conntrack_ftp: 21,
  nf_conntrack_tftp: 69,
  nf_conntrack_irc: 6667,
  nf_conntrack_sip: 5060,
  nf_conntrack_sane: 6566,
};

export type HelperModule = keyof typeof HELPER_MODULES;

/** How many expectations of a class a connection may have at a time, and for how many seconds each; or the parameter that says so. */
interface Policy {
  readonly name?: string;
  readonly max: number | string;
  readonly seconds: number | string;
}

export interface Helper {
  readonly name: string;
  readonly module: HelperModule;
  readonly families: readonly (4 | 6)[];
  /** Transport protocols it takes connections of. */
  readonly protocols: readonly number[];
  /** The server's port by which kernels with nf_conntrack_helper give it to connections; none = they do not. */
  readonly port?: number;
  /** By class. */
  readonly policies: readonly Policy[];
  /** It may expect connections of other addresses than those of the connection it reads; or the parameter that lets it. */
  readonly expectsOthers: boolean | string;
}

/** Under which the plan of what rules keep has something (StatePlan) where a rule gives connections a helper. */
export const HELPERS_KEY = 'helpers';

const MINUTES = 60;

/** Entries and templates name a helper by its place, so that new ones go to the end. Ref: net/netfilter/nf_conntrack_*.c:nf_ct_helper_init() */
export const HELPERS: readonly Helper[] = [
  {
    name: 'ftp',
    module: 'nf_conntrack_ftp',
    families: [4, 6],
    protocols: [TCP],
    port: 21,
    policies: [{ max: 1, seconds: 5 * MINUTES }],
    expectsOthers: 'loose',
  },
  {
    name: 'tftp',
    module: 'nf_conntrack_tftp',
    families: [4, 6],
    protocols: [UDP],
    port: 69,
    policies: [{ max: 1, seconds: 5 * MINUTES }],
    expectsOthers: false,
  },
  {
    name: 'irc',
    module: 'nf_conntrack_irc',
    families: [4],
    protocols: [TCP],
    port: 6667,
    policies: [{ max: 'max_dcc_channels', seconds: 'dcc_timeout' }],
    expectsOthers: true,
  },
  {
    name: 'sip',
    module: 'nf_conntrack_sip',
    families: [4, 6],
    protocols: [TCP, UDP],
    port: 5060,
    policies: [
      { name: 'signalling', max: 1, seconds: 3 * MINUTES },
      { name: 'audio', max: 4, seconds: 3 * MINUTES },
      { name: 'video', max: 4, seconds: 3 * MINUTES },
      { name: 'image', max: 2, seconds: 3 * MINUTES },
    ],
    expectsOthers: true,
  },
  {
    name: 'amanda',
    module: 'nf_conntrack_amanda',
    families: [4, 6],
    protocols: [UDP],
    port: 10080,
    policies: [{ max: 4, seconds: 3 * MINUTES }],
    expectsOthers: false,
  },
  {
    name: 'sane',
    module: 'nf_conntrack_sane',
    families: [4, 6],
    protocols: [TCP],
    port: 6566,
    policies: [{ max: 1, seconds: 5 * MINUTES }],
    expectsOthers: false,
  },
  {
    name: 'netbios-ns',
    module: 'nf_conntrack_netbios_ns',
    families: [4],
    protocols: [UDP],
    port: 137,
    policies: [{ max: 1, seconds: 'timeout' }],
    expectsOthers: true,
  },
  {
    name: 'snmp',
    module: 'nf_conntrack_snmp',
    families: [4],
    protocols: [UDP],
    port: 161,
    policies: [{ max: 1, seconds: 'timeout' }],
    expectsOthers: true,
  },
  {
    name: 'snmp_trap',
    module: 'nf_nat_snmp_basic',
    families: [4],
    protocols: [UDP],
    port: 162,
    policies: [{ max: 0, seconds: 3 * MINUTES }],
    expectsOthers: false,
  },
  {
    name: 'pptp',
    module: 'nf_conntrack_pptp',
    families: [4],
    protocols: [TCP],
    port: 1723,
    policies: [{ max: 2, seconds: 5 * MINUTES }],
    expectsOthers: false,
  },
  {
    name: 'RAS',
    module: 'nf_conntrack_h323',
    families: [4, 6],
    protocols: [UDP],
    port: 1719,
    policies: [{ max: 32, seconds: 4 * MINUTES }],
    expectsOthers: true,
  },
  {
    name: 'Q.931',
    module: 'nf_conntrack_h323',
    families: [4, 6],
    protocols: [TCP],
    port: 1720,
    policies: [{ max: 20, seconds: 4 * MINUTES }],
    expectsOthers: true,
  },
  {
    name: 'H.245',
    module: 'nf_conntrack_h323',
    families: [4, 6],
    protocols: [UDP],
    policies: [{ max: 18, seconds: 4 * MINUTES }],
    expectsOthers: true,
  },
];

/** The place of the helper of a name that takes connections of a family and protocol; -1 = the kernel has none. */
export function helperIndex(name: string, family: 4 | 6, protocol: number): number {
  return HELPERS.findIndex((one) => one.name === name && one.families.includes(family) && one.protocols.includes(protocol));
}

/** Parameters that modules were given, by module and name. */
export type HelperParameters = Readonly<Record<string, Readonly<Record<string, number>>>>;

function parametersOf({ module }: Helper, given: HelperParameters): Record<string, number> {
  const known: Readonly<Record<string, Parameter>> = HELPER_MODULES[module];
  return Object.fromEntries(Object.entries(known).map(([name, { initial }]) => [name, given[module]?.[name] ?? initial]));
}

/** Whether a helper may expect connections of other addresses than those of the connection it reads. */
export function expectsOthers(helper: Helper, given: HelperParameters): boolean {
  const { expectsOthers } = helper;
  return typeof expectsOthers === 'string' ? parametersOf(helper, given)[expectsOthers] !== 0 : expectsOthers;
}

/** What the core must know of each helper, by its place. */
export function helperSettings(given: HelperParameters): {
  readonly policies: readonly { readonly max: number; readonly seconds: number }[];
  readonly parameters: readonly number[];
  readonly port: number;
  readonly families: readonly (4 | 6)[];
  readonly protocols: readonly number[];
}[] {
  return HELPERS.map((helper) => {
    const parameters = parametersOf(helper, given);
    const value = (said: number | string): number => (typeof said === 'string' ? parameters[said]! : said);
    const policies = helper.policies.map(({ max, seconds }) => ({ max: value(max), seconds: value(seconds) }));
    const { port = 0, families, protocols } = helper;
    return { policies, parameters: Object.values(parameters), port, families, protocols };
  });
}
