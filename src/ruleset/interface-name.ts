// Names of interfaces, or the beginning of one and `+`, as options take them. Ref: iptables 1.8.9, libxtables/xtables.c:xtables_parse_interface()

import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength } from '../text/source.ts';
import { checkBare } from './bare.ts';
import type { Argument } from './extension.ts';

/** Longest name of an interface. Ref: include/uapi/linux/if.h:IFNAMSIZ */
const INTERFACE_BYTES_MAX = 15;

/** Reads a name; undefined for one that is too long, which is reported. */
export function readInterfaceName(argument: Argument, diagnostics: Diagnostics): string | undefined {
  const { text, span } = argument;
  if (byteLength(text) > INTERFACE_BYTES_MAX) {
    const message = `the interface name "${text}" is longer than ${INTERFACE_BYTES_MAX} characters`;
    diagnostics.error('bad-interface', message, span);
    return undefined;
  }
  if (/[/ ]/.test(text)) {
    const message = `no interface can be named "${text}": "/" and blank are not allowed`;
    diagnostics.warning('odd-interface', message, span);
  }
  checkBare(argument, diagnostics);
  return text;
}
