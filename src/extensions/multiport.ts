// -m multiport: up to fifteen ports and port ranges.

import type { RangesTest, Test } from '../ir/ir.ts';
import { PROTOCOL_DCCP, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_UDPLITE } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { Argument, MatchExtension, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { listPort } from './listing.ts';
import { transport } from './transport.ts';
import { atLeastOne, option, type Range, readPort, split } from './values.ts';

type Which = 'sports' | 'dports' | 'ports';

interface MultiportOptions {
  which?: Which;
  ports?: readonly Range[];
  invert?: boolean;
}

/** A range takes two of these places. Ref: include/uapi/linux/netfilter/xt_multiport.h */
const MULTI_PORTS = 15;
/** Bytes that both ports take. */
const PORTS_BYTES = 4;

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [PROTOCOL_TCP, 'tcp'],
  [PROTOCOL_UDP, 'udp'],
  [PROTOCOL_UDPLITE, 'udplite'],
  [PROTOCOL_SCTP, 'sctp'],
  [PROTOCOL_DCCP, 'dccp'],
]);

function readList(argument: Argument, protocol: string, context: OptionContext): Range[] | undefined {
  const ranges: Range[] = [];
  let places = 0;
  for (const part of split(argument, ',')) {
    const ends = split(part, ':', 2);
    places += ends.length;
    if (places > MULTI_PORTS) {
      const message = `more than ${MULTI_PORTS} ports (a range counts as two)`;
      context.diagnostics.error('too-many-ports', message, part.span);
      return undefined;
    }
    const low = readPort(ends[0]!, protocol, context);
    const high = ends[1] ? readPort(ends[1], protocol, context) : low;
    if (low === undefined || high === undefined) return undefined;
    if (ends[1] && low >= high) {
      context.diagnostics.error('range-backwards', `port range ${low}:${high} must end behind its beginning`, part.span);
      return undefined;
    }
    ranges.push([low, high]);
  }
  return ranges;
}

function listOption(name: string, alias: string | undefined, which: Which): OptionSpec<MultiportOptions> {
  const others = ['source-ports', 'destination-ports', 'ports'].filter((other) => other !== name);
  return {
    name,
    ...(alias ? { aliases: [alias] } : {}),
    argument: 'required',
    invertible: true,
    excludes: others,
    set(options, [argument], context) {
      const { protocol } = context;
      const protocolName = protocol && !protocol.invert ? PROTOCOL_NAMES.get(protocol.value) : undefined;
      if (!protocolName) {
        const message = 'multiport needs -p tcp, udp, udplite, sctp or dccp before its ports';
        context.diagnostics.error('needs-protocol', message, context.option.span);
        return;
      }
      const ports = readList(argument!, protocolName, context);
      if (ports) Object.assign(options, { which, ports, invert: context.invert });
    },
  };
}

/** Ref: net/netfilter/xt_multiport.c:ports_match_v1() */
export const multiport: MatchExtension<MultiportOptions> = {
  kind: 'match',
  name: 'multiport',
  families: [4, 6],
  protocols: [...PROTOCOL_NAMES.keys()],
  ...atLeastOne('multiport', [
    listOption('source-ports', 'sports', 'sports'),
    listOption('destination-ports', 'dports', 'dports'),
    listOption('ports', undefined, 'ports'),
  ]),
  create: () => ({}),
  save({ which, ports, invert }) {
    return which && ports ? option(`--${which}`, ports.map((range) => formatPorts(...range)).join(','), invert) : [];
  },
  print({ which, ports = [], invert }, { protocol, numeric }) {
    const nameOf = (port: number): string => listPort(port, PROTOCOL_NAMES.get(protocol) ?? '', numeric);
    const list = ports.map(([low, high]) => (low === high ? nameOf(low) : `${nameOf(low)}:${nameOf(high)}`));
    return ` multiport ${which} ${invert ? ' !' : ''}${list.join(',')}`;
  },
  lower({ which, ports, invert = false }) {
    const ranges = ports ?? [];
    const test = (field: 'sport' | 'dport', negate: boolean): RangesTest => ({ kind: 'ranges', field, ranges, negate });
    const neither: Test[] = [test('sport', true), test('dport', true)];
    const header = transport(PORTS_BYTES);
    if (which === 'ports') return invert ? [header, ...neither] : [header, { kind: 'not', tests: neither }];
    return [header, test(which === 'sports' ? 'sport' : 'dport', invert)];
  },
};
