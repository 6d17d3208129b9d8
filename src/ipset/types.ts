// The types of sets, as tables: what their entries consist of, which options they take, how the kernel lays an element out.
//
// This room reads `ipset save` text and `ipset` commands, keeps sets as the kernel keeps them, and prints them as ipset 7.17 does.
// Comes in: words of text. Goes out: sets, text, and what is wrong. It knows nothing of rules, packets or the core.

/** Address family of a set; 0 = the set holds no addresses. */
export type SetFamily = 4 | 6 | 0;

/** How a part of an entry (between commas) is read. `ip`: one, for IPv4 also many; `net`: with a prefix length. */
export type Part = 'ip' | 'single-ip' | 'net' | 'port' | 'bare-port' | 'mac' | 'mark' | 'interface' | 'set';

/** Ways to say many in one entry: of the first address, of the port, of the second address. */
export type Spread = 'prefix' | 'range' | 'ports' | 'prefix2' | 'range2';

export type CreateOption =
  | 'range'
  | 'family'
  | 'hashsize'
  | 'maxelem'
  | 'netmask'
  | 'bitmask'
  | 'markmask'
  | 'size'
  | 'timeout'
  | 'counters'
  | 'comment'
  | 'forceadd'
  | 'skbinfo'
  | 'bucketsize'
  | 'initval';

export type EntryOption =
  | 'timeout'
  | 'nomatch'
  | 'wildcard'
  | 'before'
  | 'after'
  | 'packets'
  | 'bytes'
  | 'comment'
  | 'skbmark'
  | 'skbprio'
  | 'skbqueue';

export interface SetType {
  readonly name: string;
  /** The name it had in ipset 4. */
  readonly alias: string;
  readonly method: 'bitmap' | 'hash' | 'list';
  /** `inet`: IPv4 only; `both`: as option family says; `none`: no addresses. */
  readonly families: 'inet' | 'both' | 'none';
  /** Newest revision of ipset 7.17. */
  readonly revision: number;
  readonly parts: readonly Part[];
  readonly lastIsOptional?: boolean;
  /** In the order in which they are printed. */
  readonly create: readonly CreateOption[];
  /** Options of `add`, in the order in which they are printed. */
  readonly add: readonly EntryOption[];
  /** What an entry may spread over in `add` and `del`, and in `test`. */
  readonly spreads: readonly Spread[];
  readonly testSpreads: readonly Spread[];
  /** Elements of the kernel's hash tables: see layout.ts. '' for other methods. */
  readonly layout: string;
}

const EXTENSIONS: readonly CreateOption[] = ['timeout', 'counters', 'comment'];
const BITMAP: readonly CreateOption[] = [...EXTENSIONS, 'skbinfo'];
const HASH: readonly CreateOption[] = [...EXTENSIONS, 'forceadd', 'skbinfo', 'bucketsize', 'initval'];
const INET_HASH: readonly CreateOption[] = ['family', 'hashsize', 'maxelem', ...HASH];

const VALUES: readonly EntryOption[] = ['packets', 'bytes', 'comment', 'skbmark', 'skbprio', 'skbqueue'];
const PLAIN: readonly EntryOption[] = ['timeout', ...VALUES];
const NETS: readonly EntryOption[] = ['timeout', 'nomatch', ...VALUES];

const FIRST: readonly Spread[] = ['prefix', 'range'];
const SECOND: readonly Spread[] = ['prefix2', 'range2'];

type HashType = Pick<SetType, 'name' | 'alias' | 'revision' | 'parts' | 'layout'> & Partial<SetType>;

function hash(type: HashType): SetType {
  return {
    method: 'hash',
    families: 'both',
    create: INET_HASH,
    add: type.parts.includes('net') ? NETS : PLAIN,
    spreads: [],
    testSpreads: [],
    ...type,
  };
}

/** Ref: ipset 7.17, lib/ipset_bitmap_ip.c and its sisters */
export const SET_TYPES: readonly SetType[] = [
  {
    name: 'bitmap:ip',
    alias: 'ipmap',
    method: 'bitmap',
    families: 'inet',
    revision: 3,
    parts: ['ip'],
    create: ['range', 'netmask', ...BITMAP],
    add: PLAIN,
    spreads: FIRST,
    testSpreads: [],
    layout: '',
  },
  {
    name: 'bitmap:ip,mac',
    alias: 'macipmap',
    method: 'bitmap',
    families: 'inet',
    revision: 3,
    parts: ['single-ip', 'mac'],
    lastIsOptional: true,
    create: ['range', ...BITMAP],
    add: PLAIN,
    spreads: [],
    testSpreads: [],
    layout: '',
  },
  {
    name: 'bitmap:port',
    alias: 'portmap',
    method: 'bitmap',
    families: 'none',
    revision: 3,
    parts: ['bare-port'],
    create: ['range', ...BITMAP],
    add: PLAIN,
    spreads: ['ports'],
    testSpreads: [],
    layout: '',
  },
  hash({
    name: 'hash:ip',
    alias: 'iphash',
    revision: 6,
    parts: ['ip'],
    create: ['family', 'hashsize', 'maxelem', 'netmask', 'bitmask', ...HASH],
    spreads: FIRST,
    testSpreads: FIRST,
    layout: 'ip',
  }),
  hash({
    name: 'hash:mac',
    alias: 'machash',
    families: 'none',
    revision: 1,
    parts: ['mac'],
    create: ['hashsize', 'maxelem', ...HASH],
    layout: 'mac pad pad',
  }),
  hash({ name: 'hash:ip,mac', alias: 'ipmachash', revision: 1, parts: ['ip', 'mac'], layout: 'ip mac pad pad' }),
  hash({
    name: 'hash:ip,mark',
    alias: 'ipmarkhash',
    revision: 3,
    parts: ['ip', 'mark'],
    create: ['family', 'markmask', 'hashsize', 'maxelem', ...HASH],
    spreads: FIRST,
    testSpreads: FIRST,
    layout: 'ip mark',
  }),
  hash({
    name: 'hash:ip,port',
    alias: 'ipporthash',
    revision: 7,
    parts: ['ip', 'port'],
    create: [...INET_HASH, 'netmask', 'bitmask'],
    spreads: [...FIRST, 'ports'],
    layout: 'ip port protocol pad',
  }),
  hash({
    name: 'hash:ip,port,ip',
    alias: 'ipportiphash',
    revision: 6,
    parts: ['ip', 'port', 'single-ip'],
    spreads: [...FIRST, 'ports'],
    layout: 'ip ip2 port protocol pad',
  }),
  hash({
    name: 'hash:ip,port,net',
    alias: 'ipportnethash',
    revision: 8,
    parts: ['ip', 'port', 'net'],
    spreads: [...FIRST, 'ports', ...SECOND],
    testSpreads: ['prefix2'],
    layout: 'ip ip2 port packed2 protocol',
  }),
  hash({
    name: 'hash:net',
    alias: 'nethash',
    revision: 7,
    parts: ['net'],
    spreads: FIRST,
    testSpreads: ['prefix'],
    layout: 'ip pad pad nomatch prefix',
  }),
  hash({
    name: 'hash:net,net',
    alias: 'netnethash',
    revision: 4,
    parts: ['net', 'net'],
    create: [...INET_HASH, 'bitmask', 'netmask'],
    spreads: [...FIRST, ...SECOND],
    testSpreads: ['prefix', 'prefix2'],
    layout: 'ip ip2 nomatch pad prefix prefix2',
  }),
  hash({
    name: 'hash:net,port',
    alias: 'netporthash',
    revision: 8,
    parts: ['net', 'port'],
    spreads: [...FIRST, 'ports'],
    testSpreads: ['prefix'],
    layout: 'ip port protocol packed',
  }),
  hash({
    name: 'hash:net,port,net',
    alias: 'netportnethash',
    revision: 3,
    parts: ['net', 'port', 'net'],
    spreads: [...FIRST, 'ports', ...SECOND],
    testSpreads: ['prefix', 'prefix2'],
    layout: 'ip ip2 port prefix prefix2 pad pad nomatch protocol',
  }),
  hash({
    name: 'hash:net,iface',
    alias: 'netifacehash',
    revision: 8,
    parts: ['net', 'interface'],
    add: ['timeout', 'nomatch', 'wildcard', ...VALUES],
    spreads: FIRST,
    testSpreads: ['prefix'],
    layout: 'ip physdev prefix nomatch element | wildcard interface',
  }),
  {
    name: 'list:set',
    alias: 'setlist',
    method: 'list',
    families: 'none',
    revision: 3,
    parts: ['set'],
    create: ['size', ...BITMAP],
    add: ['timeout', 'before', 'after', ...VALUES],
    spreads: [],
    testSpreads: [],
    layout: '',
  },
];

/** Finds a type by its name or its old name. */
export function findSetType(name: string): SetType | undefined {
  return SET_TYPES.find((type) => type.name === name || type.alias === name);
}

/** Types whose entries can say what is not in the set. */
export function hasNomatch(type: SetType): boolean {
  return type.add.includes('nomatch');
}

/** Types whose networks can be the whole address space. Ref: net/netfilter/ipset/ip_set_hash_netiface.c IP_SET_HASH_WITH_NET0 */
export function takesPrefixZero(type: SetType): boolean {
  return type.name === 'hash:net,iface' || type.name === 'hash:net,port,net';
}
