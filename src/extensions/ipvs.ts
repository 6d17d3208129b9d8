// -m ipvs: the virtual service of the kernel's load balancer that the packet belongs to.

import { parseProtocol } from '../net/protocol.ts';
import { parsePortAnyProtocol } from '../net/service.ts';
import type { Argument, MatchExtension, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { formatNetwork, type Network, readNetwork } from './addresses.ts';
import { type Dashes, listNetwork, spaced } from './listing.ts';
import { type AskedFlag, askedFlag, askedOption, saveAsked, saveFlag, saveValue, valueOption } from './specs.ts';
import { type Asked, atLeastOne } from './values.ts';

interface IpvsOptions {
  ipvs?: AskedFlag;
  protocol?: Asked<number>;
  address?: Asked<Network>;
  port?: Asked<number>;
  direction?: string;
  method?: Asked<string>;
  controlPort?: Asked<number>;
}

function readProtocol({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const protocol = parseProtocol(text.toLowerCase());
  if (protocol === undefined) diagnostics.error('unknown-protocol', `"${text}" is no protocol (a name, or 0 to 255)`, span);
  return protocol;
}

function readPort({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const found = parsePortAnyProtocol(text);
  if (!found) diagnostics.error('unknown-port', `"${text}" is no port (a service, or 0 to 65535)`, span);
  else if (found.wrapped) {
    diagnostics.warning('port-out-of-range', `port ${text} is out of range; iptables takes it as ${found.port}`, span);
  }
  return found?.port;
}

/** Reads one of some words, in any case. */
function readUpperWord({ text, span }: Argument, { diagnostics }: OptionContext, words: readonly string[]): string | undefined {
  const word = words.find((known) => known === text.toUpperCase());
  if (word === undefined) diagnostics.error('unknown-word', `"${text}" is not one of ${words.join(', ')}`, span);
  return word;
}

const ANY = atLeastOne<IpvsOptions>('ipvs', [
  askedFlag('ipvs', 'ipvs'),
  askedOption('vproto', 'protocol', readProtocol),
  askedOption('vaddr', 'address', readNetwork),
  askedOption('vport', 'port', readPort),
  valueOption('vdir', 'direction', (argument, context) => readUpperWord(argument, context, ['ORIGINAL', 'REPLY'])),
  askedOption('vmethod', 'method', (argument, context) => readUpperWord(argument, context, ['GATE', 'IPIP', 'MASQ'])),
  askedOption('vportctl', 'controlPort', readPort),
]);

/** Every other option asks for a service, so that `--ipvs` beside them says nothing more. */
function hasOthers({ ipvs: _, ...others }: IpvsOptions): boolean {
  return Object.keys(others).length > 0;
}

function finish(options: IpvsOptions, context: RuleContext): void {
  ANY.finish(options, context);
  if (options.ipvs?.invert && hasOthers(options)) {
    const message = '! --ipvs cannot stand with options that ask for a virtual service';
    context.diagnostics.error('exclusive-options', message, context.span);
  }
}

function wordsOf(options: IpvsOptions, dashes: Dashes, formatAddress: (network: Network) => string): string[] {
  const { ipvs, protocol, address, port, direction, method, controlPort } = options;
  return [
    ...saveFlag(`${dashes}ipvs`, hasOthers(options) ? undefined : ipvs),
    ...saveAsked(`${dashes}vproto`, protocol),
    ...saveAsked(`${dashes}vaddr`, address, formatAddress),
    ...saveAsked(`${dashes}vport`, port),
    ...saveValue(`${dashes}vdir`, direction),
    ...saveAsked(`${dashes}vmethod`, method),
    ...saveAsked(`${dashes}vportctl`, controlPort),
  ];
}

/** Ref: net/netfilter/xt_ipvs.c:ipvs_mt() */
export const ipvs: MatchExtension<IpvsOptions> = {
  kind: 'match',
  name: 'ipvs',
  families: [4, 6],
  options: ANY.options,
  create: () => ({}),
  finish,
  save: (options) => wordsOf(options, '--', formatNetwork),
  print: (options, context) => spaced(wordsOf(options, '', (network) => listNetwork(network, context))),
};
