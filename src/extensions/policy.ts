// -m policy: which IPsec transformations the packet came through, or will go through.

import { PACKET_FLAG_SENT } from '../../assembly/abi/packet.ts';
import type { Transformation } from '../ir/assume.ts';
import type { Test } from '../ir/ir.ts';
import { hex } from '../net/number.ts';
import { parseProtocol, protocolName } from '../net/protocol.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { formatNetwork, type Network, readNetwork } from './addresses.ts';
import { type Dashes, spaced } from './listing.ts';
import { refuseHooks } from './place.ts';
import { byCase } from './sender.ts';
import { flagOption, saveAsked, saveFlag, saveValue, valueOption } from './specs.ts';
import { type Asked, readNumber, readWord, U32 } from './values.ts';

/** What is asked of one transformation. */
interface Element {
  reqid?: Asked<number>;
  spi?: Asked<number>;
  proto?: Asked<number>;
  mode?: Asked<'transport' | 'tunnel'>;
  tunnelDst?: Asked<Network>;
  tunnelSrc?: Asked<Network>;
}

interface PolicyOptions {
  dir?: 'in' | 'out';
  pol?: 'none' | 'ipsec';
  strict?: boolean;
  /** At least one, which is empty where nothing is asked. */
  readonly elements: Element[];
}

/** Ref: include/uapi/linux/netfilter/xt_policy.h XT_POLICY_MAX_ELEM */
const ELEMENTS_MAX = 4;
const PROTOCOLS = [50, 51, 108];

function readIpsecProtocol(argument: Argument, context: OptionContext): number | undefined {
  const protocol = parseProtocol(argument.text);
  if (protocol !== undefined && PROTOCOLS.includes(protocol)) return protocol;
  context.diagnostics.error('unknown-protocol', `"${argument.text}" is not one of esp, ah, ipcomp`, argument.span);
  return undefined;
}

/** An option about the transformation that the options so far have come to. */
function elementOption<K extends keyof Element>(
  name: string,
  key: K,
  read: (argument: Argument, context: OptionContext) => NonNullable<Element[K]>['value'] | undefined,
): OptionSpec<PolicyOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    repeatable: true,
    set({ elements }, [argument], context) {
      const element = elements.at(-1)!;
      if (element[key]) {
        const message = `--${name} is given twice: --next begins the next transformation`;
        context.diagnostics.error('duplicate-option', message, context.option.span);
        return;
      }
      const value = read(argument!, context);
      if (value !== undefined) Object.assign(element, { [key]: { value, invert: context.invert } });
    },
  };
}

const OPTIONS: OptionSpec<PolicyOptions>[] = [
  valueOption('dir', 'dir', (argument, context) => readWord(argument, context, ['in', 'out'] as const), { mandatory: true }),
  valueOption('pol', 'pol', (argument, context) => readWord(argument, context, ['none', 'ipsec'] as const)),
  flagOption('strict', 'strict'),
  elementOption('reqid', 'reqid', (argument, context) => readNumber(argument, context, U32)),
  elementOption('spi', 'spi', (argument, context) => readNumber(argument, context, U32)),
  elementOption('tunnel-src', 'tunnelSrc', readNetwork),
  elementOption('tunnel-dst', 'tunnelDst', readNetwork),
  elementOption('proto', 'proto', readIpsecProtocol),
  elementOption('mode', 'mode', (argument, context) => readWord(argument, context, ['transport', 'tunnel'] as const)),
  {
    name: 'next',
    argument: 'none',
    repeatable: true,
    needs: ['strict'],
    set({ elements }, _values, { diagnostics, option }) {
      if (elements.length < ELEMENTS_MAX) elements.push({});
      else diagnostics.error('too-many-elements', `a policy has at most ${ELEMENTS_MAX} transformations`, option.span);
    },
  },
];

/** Ref: iptables libxt_policy.c:policy_check(), net/netfilter/xt_policy.c:policy_mt_check() */
function finish(options: PolicyOptions, context: RuleContext): void {
  const { dir, pol, strict, elements } = options;
  const { diagnostics, span } = context;
  if (dir === 'out') refuseHooks('--dir out', ['PREROUTING', 'INPUT'], context);
  if (dir === 'in') refuseHooks('--dir in', ['POSTROUTING', 'OUTPUT'], context);
  if (pol === 'none') {
    const [first] = elements;
    if (strict) diagnostics.error('exclusive-options', '--pol none cannot stand with --strict', span);
    else if (first && Object.keys(first).length > 0) {
      diagnostics.warning('option-ignored', 'iptables drops what is asked of a transformation beside --pol none', span);
    }
    return;
  }
  for (const element of elements) checkElement(element, options, context);
}

function checkElement(element: Element, { strict, elements }: PolicyOptions, { diagnostics, span }: RuleContext): void {
  if (strict && Object.keys(element).length === 0) {
    const which = elements.length > 1 ? `transformation ${elements.indexOf(element) + 1}` : 'the transformation';
    const message = `--strict needs at least one of --reqid, --spi, --proto, --mode, --tunnel-src, --tunnel-dst for ${which}`;
    diagnostics.error('missing-option', message, span);
  }
  const { mode, tunnelSrc, tunnelDst } = element;
  const isTunnel = mode !== undefined && (mode.value === 'tunnel') !== mode.invert;
  if ((tunnelSrc || tunnelDst) && !isTunnel) {
    diagnostics.error('missing-option', '--tunnel-src and --tunnel-dst need --mode tunnel', span);
  }
}

function elementsOf({ pol, elements }: PolicyOptions): readonly Element[] {
  return pol === 'none' ? [] : elements;
}

function headWords({ dir, pol = 'ipsec', strict }: PolicyOptions, dashes: Dashes): string[] {
  return [...saveValue(`${dashes}dir`, dir), `${dashes}pol`, pol, ...saveFlag(`${dashes}strict`, strict)];
}

function elementWords(element: Element, dashes: Dashes, formatProtocol: (protocol: number) => string): string[] {
  return [
    ...saveAsked(`${dashes}reqid`, element.reqid),
    ...saveAsked(`${dashes}spi`, element.spi, hex),
    ...saveAsked(`${dashes}proto`, element.proto, formatProtocol),
    ...saveAsked(`${dashes}mode`, element.mode),
    ...saveAsked(`${dashes}tunnel-dst`, element.tunnelDst, formatNetwork),
    ...saveAsked(`${dashes}tunnel-src`, element.tunnelSrc, formatNetwork),
  ];
}

function nameOf(protocol: number): string {
  return protocolName(protocol)!;
}

function isAsked(element: Element, transformation: Transformation): boolean {
  const is = <T>(asked: Asked<T> | undefined, value: T): boolean => !asked || (asked.value === value) !== asked.invert;
  const isWithin = (asked: Asked<Network> | undefined, address: Uint8Array | undefined): boolean => {
    const found = asked?.value.mask.every((mask, i) => (((address?.[i] ?? 0) ^ asked.value.address[i]!) & mask) === 0);
    return !asked || found !== asked.invert;
  };
  return (
    isWithin(element.tunnelSrc, transformation.src) &&
    isWithin(element.tunnelDst, transformation.dst) &&
    is(element.proto, transformation.proto) &&
    is(element.mode, transformation.mode) &&
    is(element.spi, transformation.spi) &&
    is(element.reqid, transformation.reqid)
  );
}

/** The elements stand in the order of the transformations on the way out, in the opposite one on the way in. */
function holdsFor({ dir, pol, strict, elements }: PolicyOptions, path: readonly Transformation[]): boolean {
  if (path.length === 0 || pol === 'none') return path.length === 0 && pol === 'none';
  const steps = dir === 'in' ? [...path].reverse() : path;
  if (!strict) return steps.some((step) => isAsked(elements[0]!, step));
  return steps.length === elements.length && steps.every((step, i) => isAsked(elements[i]!, step));
}

/** What comes back over loopback has come through no IPsec. */
function lower(options: PolicyOptions, { assume }: LowerContext): Test[] {
  const holds = holdsFor(options, assume.policy(options.dir!));
  if (options.dir === 'out') return byCase([], holds, holds);
  const received: Test = { kind: 'mask', field: 'flags', mask: PACKET_FLAG_SENT, value: 0, negate: false };
  return byCase([received], holds, holdsFor(options, []));
}

/** Ref: net/netfilter/xt_policy.c:policy_mt() */
export const policy: MatchExtension<PolicyOptions> = {
  kind: 'match',
  name: 'policy',
  families: [4, 6],
  options: OPTIONS,
  create: () => ({ elements: [{}] }),
  finish,
  save(options) {
    const words = headWords(options, '--');
    for (const [i, element] of elementsOf(options).entries()) {
      words.push(...(i > 0 ? ['--next'] : []), ...elementWords(element, '--', nameOf));
    }
    return words;
  },
  print(options, { numeric }) {
    const words = ['policy match', ...headWords(options, '')];
    const elements = elementsOf(options);
    for (const [i, element] of elements.entries()) {
      words.push(...(elements.length > 1 ? [`[${i}]`] : []), ...elementWords(element, '', numeric ? String : nameOf));
    }
    return spaced(words);
  },
  lower,
};
