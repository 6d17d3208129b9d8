// The connection tracking helpers of the kernel, as CT --helper names them.

const TCP = 6;
const UDP = 17;

interface Helper {
  readonly name: string;
  readonly families: readonly (4 | 6)[];
  /** Transport protocols it takes connections of. */
  readonly protocols: readonly number[];
}

/** Entries and templates name a helper by its place, so that new ones go to the end. Ref: net/netfilter/nf_conntrack_*.c:nf_ct_helper_init() */
export const HELPERS: readonly Helper[] = [
  { name: 'ftp', families: [4, 6], protocols: [TCP] },
  { name: 'tftp', families: [4, 6], protocols: [UDP] },
  { name: 'irc', families: [4], protocols: [TCP] },
  { name: 'sip', families: [4, 6], protocols: [TCP, UDP] },
  { name: 'amanda', families: [4, 6], protocols: [UDP] },
  { name: 'sane', families: [4, 6], protocols: [TCP] },
  { name: 'netbios-ns', families: [4], protocols: [UDP] },
  { name: 'snmp', families: [4], protocols: [UDP] },
  { name: 'snmp_trap', families: [4], protocols: [UDP] },
  { name: 'pptp', families: [4], protocols: [TCP] },
  { name: 'RAS', families: [4, 6], protocols: [UDP] },
  { name: 'Q.931', families: [4, 6], protocols: [TCP] },
  { name: 'H.245', families: [4, 6], protocols: [UDP] },
];

/** The place of the helper of a name that takes connections of a family and protocol; -1 = the kernel has none. */
export function helperIndex(name: string, family: 4 | 6, protocol: number): number {
  return HELPERS.findIndex((one) => one.name === name && one.families.includes(family) && one.protocols.includes(protocol));
}
