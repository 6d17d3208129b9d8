// Which addresses are inside, so that packets whose addresses are translated come to one shard in both directions: by the address of the
// other end, which is outside.
//
// Comes in: the host, and what its rules translate. Goes out: an image for the core (abi/shard.ts), or for whose sake there is one shard.
// The plan says what is worth trying. That nothing comes out otherwise than with one shard does not rest on it: the core sees to that
// (assembly/nat/foresight.ts).

import {
  SIDES_ALL,
  SIDES_COUNT4,
  SIDES_COUNT6,
  SIDES_FLAGS,
  SIDES_HEADER_BYTES,
  SIDES_NONE,
  SIDES_OCTETS,
  SIDES_POOLS,
  SIDES_RANGE4_BYTES,
  SIDES_RANGE6_BYTES,
  SIDES_SOME,
  SIDES_TOGETHER,
} from '../../assembly/abi/shard.ts';
import { type Host, pathsOf, REFUSING_TYPES } from '../host/host.ts';
import type { Family, InterfaceUniverse, Ruleset } from '../ir/ir.ts';
import type { Spanning } from '../ir/state.ts';
import { insideOf, networkRange, overlaps, type Painted, type Range, united } from './ranges.ts';
import { type Indexes, type Translation, translationsOf } from './translations.ts';

export interface Sides {
  /** For the core. */
  readonly image: Uint8Array;
  /** Interfaces by which the outside is reached. */
  readonly outside: readonly string[];
}

/** How packets may be spread where rules translate. */
export interface SidesPlan {
  /** Undefined when nothing is translated, or nothing is known of who is inside. */
  readonly sides?: Sides;
  /** Why there is to be one shard all the same. */
  readonly causes: readonly Spanning[];
}

const REASONS = {
  assumed: 'translates, and without a host nothing tells which addresses are outside',
  shifts: 'shifts ports of sources, which are then for connections of the same source to share',
  pool: 'gives connections of one source several addresses, by those that others of that source have',
  loose: 'changes sources of packets that may come from outside, whose destinations other rules change',
  inward: 'changes sources of packets to the inside, wherever they come from',
  delivered: 'changes sources of packets to this host, wherever they come from',
  sent: 'changes destinations of what this host sends, wherever it goes',
  outward: 'changes destinations of packets from the inside, wherever they go',
} as const;

export function planSides(host: Host, rulesets: readonly Ruleset[]): SidesPlan {
  // Without a host one that keeps connections together is all there is to know.
  const isEnough = ({ stateless }: Translation): boolean => host.assumed && !stateless;
  const translations = rulesets.flatMap((ruleset) => translationsOf(ruleset, isEnough));
  const first = translations.find(({ stateless }) => !host.assumed || !stateless);
  const interfaces = rulesets[0]?.interfaces;
  if (!first || !interfaces) return { causes: [] };
  if (host.assumed) return { causes: [cause(first, 'assumed')] };
  const families = ([4, 6] as const).map((family) => {
    const own = translations.filter((one) => one.family === family);
    return new FamilySides(host, interfaces, family, own);
  });
  const causes = families.flatMap((family) => family.causes);
  const outside = [...new Set(families.flatMap((family) => [...family.outside]))];
  return { sides: { image: imageOf(families), outside }, causes };
}

function cause({ name, span }: Translation, reason: keyof typeof REASONS): Spanning {
  return { title: `target ${name}`, reason: REASONS[reason], ...(span ? { span } : {}) };
}

class FamilySides {
  readonly inside: readonly Range[];
  /** Names of interfaces. */
  readonly outside: ReadonlySet<string>;
  readonly causes: readonly Spanning[];
  /** What passes between two addresses that are inside may be translated. */
  readonly isTogether: boolean;
  /** No rule gives a source another address of a pool than the one that it has for good. */
  readonly hasPools: boolean;
  private readonly host: Host;
  private readonly interfaces: InterfaceUniverse;
  private readonly family: Family;
  private readonly translations: readonly Translation[];

  constructor(host: Host, interfaces: InterfaceUniverse, family: Family, translations: readonly Translation[]) {
    this.host = host;
    this.interfaces = interfaces;
    this.family = family;
    this.translations = translations;
    this.outside = this.findOutside();
    this.inside = translations.length === 0 ? [] : this.findInside();
    const causes = translations.flatMap((one) => {
      const reason = this.reasonAgainst(one);
      return reason === undefined ? [] : [cause(one, reason)];
    });
    // Several ways may lead to a rule.
    this.causes = causes.filter(({ span }, i) => span === undefined || causes.findIndex((other) => other.span === span) === i);
    this.hasPools = !translations.some((one) => one.persistent && this.isPool(one));
    this.isTogether = translations.some((one) => !this.isAtTheEdge(one));
  }

  /** Interfaces of default routes; without any those that rules which translate name. */
  private findOutside(): Set<string> {
    const routes = this.host.routes.filter(({ family, type, prefixLength }) => {
      return family === this.family && type === 'unicast' && prefixLength === 0;
    });
    const byRoute = routes.flatMap((route) => pathsOf(route).flatMap(({ device }) => (device === undefined ? [] : [device])));
    if (byRoute.length > 0) return new Set(byRoute);
    const sources = this.translations.filter(({ side, reach }) => side === 'source' && reach.out && !reach.dst);
    const named = sources.length > 0 ? sources : this.translations.filter(({ side }) => side === 'destination');
    return new Set(
      this.host.interfaces.flatMap(({ name, loopback }) => {
        const isNamed = named.some(({ side, reach }) => this.isOf(name, side === 'source' ? reach.out : reach.in));
        return isNamed && !loopback ? [name] : [];
      }),
    );
  }

  /** Whether an interface is one of those that a rule names. */
  private isOf(name: string, indexes: Indexes | undefined): boolean {
    const index = this.interfaces.indexOf(name);
    return indexes?.some(([low, high]) => index >= low && index <= high) === true;
  }

  private findInside(): Range[] {
    const { family } = this;
    const routes = this.host.routes.filter((route) => route.family === family);
    const networks = routes.flatMap((route): Painted[] => {
      if (route.type !== 'unicast' && !REFUSING_TYPES.has(route.type)) return [];
      const inside =
        route.type === 'unicast' && pathsOf(route).every(({ device }) => device !== undefined && !this.outside.has(device));
      return [{ range: networkRange(route.destination, route.prefixLength), inside }];
    });
    const own = this.host.interfaces.flatMap(({ addresses }) =>
      addresses.filter((one) => one.family === family).map(({ address }) => networkRange(address, address.length * 8)),
    );
    const local = routes
      .filter(({ type }) => type === 'local')
      .map((route) => networkRange(route.destination, route.prefixLength));
    const ruled = this.translations.flatMap(({ side, to, reach }) => [
      ...(to ? [to] : []),
      ...((side === 'source' ? reach.src : reach.dst) ?? []),
    ]);
    // Where nothing leads outside, rules alone tell.
    return united([...(this.outside.size > 0 ? insideOf(networks) : []), ...own, ...local, ...ruled]);
  }

  /** Where the interfaces lead that a rule names. */
  private where(indexes: Indexes | undefined): 'inside' | 'outside' | 'anywhere' {
    if (!indexes) return 'anywhere';
    const names = this.host.interfaces.filter(({ name }) => this.isOf(name, indexes));
    const outside = names.filter(({ name }) => this.outside.has(name));
    if (outside.length === 0) return 'inside';
    return outside.length === names.length ? 'outside' : 'anywhere';
  }

  /** Only what passes between inside and outside is translated. */
  private isAtTheEdge({ side, hook, reach }: Translation): boolean {
    const isOnTheWay = hook === (side === 'source' ? 'POSTROUTING' : 'PREROUTING');
    return isOnTheWay && this.where(side === 'source' ? reach.out : reach.in) === 'outside';
  }

  /** Why a translation would, as it is meant, change the address that packets are spread by. */
  private reasonAgainst(translation: Translation): keyof typeof REASONS | undefined {
    return translation.side === 'source'
      ? this.reasonAgainstSource(translation)
      : reasonAgainstDestination(translation, this.where(translation.reach.in));
  }

  private reasonAgainstSource(translation: Translation): keyof typeof REASONS | undefined {
    const { hook, reach, shifts } = translation;
    if (shifts) return 'shifts';
    if (this.isPool(translation)) return 'pool';
    if (reach.src) return undefined;
    if (hook === 'INPUT') return this.where(reach.in) === 'inside' ? undefined : 'delivered';
    const where = this.where(reach.out);
    if (where !== 'anywhere') return where === 'outside' ? undefined : 'inward';
    const isMet = this.translations.some(({ side, hook: at, reach: by }) => {
      return side === 'destination' && at === 'PREROUTING' && this.where(by.in) !== 'inside';
    });
    return isMet ? 'loose' : undefined;
  }

  /** Whether several addresses are for the connections of one source, by this rule or by others too. */
  private isPool({ side, to, mapped, persistent, random }: Translation): boolean {
    if (side !== 'source' || !to || to[0] === to[1] || mapped || random) return false;
    if (!persistent) return true;
    return this.translations.some((other) => {
      if (other.side !== 'source' || other.stateless || (other.to?.[0] === to[0] && other.to[1] === to[1] && other.persistent))
        return false;
      return !other.to || overlaps(other.to, to);
    });
  }
}

function reasonAgainstDestination(
  { hook, reach }: Translation,
  where: 'inside' | 'outside' | 'anywhere',
): keyof typeof REASONS | undefined {
  if (reach.dst || reach.local) return undefined;
  if (hook === 'OUTPUT') return 'sent';
  return where === 'inside' ? 'outward' : undefined;
}

/** SIDES_*: which addresses that begin with an octet are in one of the ranges. */
function insideOctet(ranges: FamilySides['inside'], octet: number): number {
  const [first, last] = [BigInt(octet) << 24n, ((BigInt(octet) + 1n) << 24n) - 1n];
  if (ranges.some((range) => range[0] <= first && range[1] >= last)) return SIDES_ALL;
  return ranges.some((range) => range[0] <= last && range[1] >= first) ? SIDES_SOME : SIDES_NONE;
}

function imageOf([four, six]: readonly FamilySides[]): Uint8Array {
  const ranges4 = four?.inside ?? [];
  const ranges6 = six?.inside ?? [];
  const behind4 = SIDES_HEADER_BYTES + ranges4.length * SIDES_RANGE4_BYTES;
  const view = new DataView(new ArrayBuffer(behind4 + ranges6.length * SIDES_RANGE6_BYTES));
  const together = four?.isTogether || six?.isTogether ? SIDES_TOGETHER : 0;
  view.setUint32(SIDES_FLAGS, together | (four?.hasPools && six?.hasPools ? SIDES_POOLS : 0), true);
  view.setUint32(SIDES_COUNT4, ranges4.length, true);
  view.setUint32(SIDES_COUNT6, ranges6.length, true);
  for (let octet = 0; octet < 256; octet++) view.setUint8(SIDES_OCTETS + octet, insideOctet(ranges4, octet));
  ranges4.flat().forEach((address, i) => {
    view.setUint32(SIDES_HEADER_BYTES + i * 4, Number(address), true);
  });
  ranges6.flat().forEach((address, i) => {
    for (let word = 0; word < 4; word++) {
      const bits = (address >> BigInt(32 * (3 - word))) & 0xffffffffn;
      view.setUint32(behind4 + i * 16 + word * 4, Number(bits), true);
    }
  });
  return new Uint8Array(view.buffer);
}
