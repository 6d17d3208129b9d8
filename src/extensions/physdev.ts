// -m physdev: the ports of a bridge that the packet came in and goes out by.

import { PACKET_FLAG_SENT } from '../../assembly/abi/packet.ts';
import type { RangeTest, Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { readInterfaceName } from '../ruleset/interface-name.ts';
import { spaced } from './listing.ts';
import { refuseHooks } from './place.ts';
import { byCase } from './sender.ts';
import { type AskedFlag, askedFlag, askedOption, saveAsked, saveFlag } from './specs.ts';
import { type Asked, atLeastOne } from './values.ts';

interface PhysdevOptions {
  in?: Asked<string>;
  out?: Asked<string>;
  isIn?: AskedFlag;
  isOut?: AskedFlag;
  isBridged?: AskedFlag;
}

const ANY = atLeastOne<PhysdevOptions>('physdev', [
  askedOption('physdev-in', 'in', (name, { diagnostics }) => readInterfaceName(name, diagnostics)),
  askedOption('physdev-out', 'out', (name, { diagnostics }) => readInterfaceName(name, diagnostics)),
  askedFlag('physdev-is-in', 'isIn'),
  askedFlag('physdev-is-out', 'isOut'),
  askedFlag('physdev-is-bridged', 'isBridged'),
]);

/** The port out is known only of packets that are bridged. Ref: net/netfilter/xt_physdev.c:physdev_mt_check() */
function finish(options: PhysdevOptions, context: RuleContext): void {
  ANY.finish(options, context);
  const { out, isOut, isBridged } = options;
  if ((out || isOut) && (!isBridged || isBridged.invert)) {
    refuseHooks('a port that the packet leaves by, without --physdev-is-bridged,', ['OUTPUT'], context);
  }
}

function save(options: PhysdevOptions): string[] {
  return [
    ...saveFlag('--physdev-is-in', options.isIn),
    ...saveAsked('--physdev-in', options.in),
    ...saveFlag('--physdev-is-out', options.isOut),
    ...saveAsked('--physdev-out', options.out),
    ...saveFlag('--physdev-is-bridged', options.isBridged),
  ];
}

/** Whether a name is that of the option, which may end in a wildcard. */
function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Ports of a packet that a bridge has seen; undefined = none. */
interface Ports {
  readonly in?: string | undefined;
  readonly out?: string | undefined;
}

function holdsOn(options: PhysdevOptions, ports: Ports): boolean {
  const { isBridged, isIn, isOut } = options;
  if (isBridged && (ports.out !== undefined) === isBridged.invert) return false;
  if (isIn && (ports.in !== undefined) === isIn.invert) return false;
  if (isOut && (ports.out !== undefined) === isOut.invert) return false;
  if (options.in && ports.in !== undefined && isNamed(ports.in, options.in.value) === options.in.invert) return false;
  if (!options.out) return true;
  return ports.out !== undefined && isNamed(ports.out, options.out.value) !== options.out.invert;
}

const RECEIVED: Test = { kind: 'mask', field: 'flags', mask: PACKET_FLAG_SENT, value: 0, negate: false };
const STAYING: RangeTest = { kind: 'range', field: 'out', low: 0, high: 0, negate: false };
const LEAVING: Test = { ...STAYING, negate: true };

/**
 * Packets that no bridge has seen match where all that is asked is asked with `!`. With assumed ports, what is received came in by one,
 * and what is forwarded goes out by the other.
 */
function lower(options: PhysdevOptions, { assume }: LowerContext): Test[] {
  const ports = assume.physdev;
  const elsewhere = Object.values(options).every((asked: AskedFlag | undefined) => asked?.invert !== false);
  if (ports.in === undefined && ports.out === undefined) return byCase([], elsewhere, elsewhere);
  const here = holdsOn(options, { in: ports.in });
  const forwarded = holdsOn(options, ports);
  // Where forwarded packets differ from those that stay, a test for them goes before the one for all that is received.
  if (here === forwarded) return byCase([RECEIVED], here, elsewhere);
  if (here === elsewhere) return byCase([RECEIVED, LEAVING], forwarded, elsewhere);
  return byCase([RECEIVED, STAYING], here, elsewhere);
}

/** Ref: net/netfilter/xt_physdev.c:physdev_mt() */
export const physdev: MatchExtension<PhysdevOptions> = {
  kind: 'match',
  name: 'physdev',
  families: [4, 6],
  options: ANY.options,
  create: () => ({}),
  finish,
  save,
  print: (options) => spaced(['PHYSDEV match', ...save(options)]),
  lower,
};
