// -m nfacct: counts the packet in a named counter of the kernel. Matches always, or by the counter's quota.

import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { saveValue, valueOption } from './specs.ts';
import { never, quoted, readText } from './values.ts';

interface NfacctOptions {
  name?: string;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/nfnetlink_acct.h NFACCT_NAME_MAX */
const NAME_BYTES = 31;

function readName(argument: Argument, context: OptionContext): string | undefined {
  const { text, span } = argument;
  if (text !== '' && !text.includes('\n')) return readText(argument, context, NAME_BYTES);
  context.diagnostics.error('bad-name', 'the name of a counter must not be empty, and stand on one line', span);
  return undefined;
}

/** iptables prints two blanks before it. */
function formatName(name: string): string {
  return ` ${quoted(name)}`;
}

/** Ref: net/netfilter/xt_nfacct.c:nfacct_mt() */
export const nfacct: MatchExtension<NfacctOptions> = {
  kind: 'match',
  name: 'nfacct',
  families: [4, 6],
  options: [valueOption('nfacct-name', 'name', readName, { mandatory: true })],
  create: () => ({}),
  save: ({ name }) => saveValue('--nfacct-name', name, formatName),
  print: ({ name }) => spaced(saveValue('nfacct-name', name, formatName)),
  // What it counts only nfacct(8) shows, which also sets quotas: no ruleset says whether there is one.
  lower: (_options, { assume }) => (assume.nfacct === 'under' ? [never('flags')] : []),
};
