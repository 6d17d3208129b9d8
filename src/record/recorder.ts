// The machine that a firewall script believes to configure: rulesets, IP sets, addresses, routes and settings, all of them written
// down and none of them real.
//
// Comes in: calls of the tools, with their words. Goes out: what each tool would print and return, and in the end what was made.
// It begins as a machine without rules, sets, addresses or routes. Knows nothing of processes: stand-ins bring the calls.

import { createFirewall, type Firewall, isSetUsed } from '../commands/firewall.ts';
import { applyIpsetCommand } from '../ipset/apply.ts';
import { IpsetCollection } from '../ipset/collection.ts';
import type { IpsetContext } from '../ipset/session.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import { type Answer, type Call, refuse, wordsOf } from './call.ts';
import { createHostRecord, type HostRecord } from './host.ts';
import { answerIp } from './ip.ts';
import { answerIptables } from './iptables.ts';
import { answerRestore, answerSave } from './restore.ts';
import { answerSysctl } from './sysctl.ts';

export interface Recorder {
  readonly firewall: Firewall;
  readonly sets: IpsetCollection;
  readonly host: HostRecord;
  /** Calls answered, and how many of them with an exit code other than 0. */
  calls: number;
  refused: number;
}

export function createRecorder(registry: ExtensionRegistry): Recorder {
  const sets = new IpsetCollection();
  const firewall = createFirewall(registry, { objects: new Map(), sets });
  return { firewall, sets, host: createHostRecord(), calls: 0, refused: 0 };
}

type Tool = (recorder: Recorder, call: Call) => Answer;

const SILENT: Answer = { status: 0, stdout: '', stderr: '' };

/** Tools whose effects no ruleset and no host file can hold: a script that needs them cannot be recorded. */
const REFUSED = ['nft', 'ebtables', 'arptables', 'tc', 'ifconfig', 'route', 'brctl'];
/** Tools that change nothing that is recorded, and must change nothing on the machine. */
const IGNORED = ['modprobe', 'rmmod', 'conntrack'];

function iptablesTools(): [string, Tool][] {
  return ([4, 6] as const).flatMap((family) =>
    ['', '-legacy', '-nft'].flatMap((variant): [string, Tool][] => {
      const name = `${family === 4 ? 'iptables' : 'ip6tables'}${variant}`;
      return [
        [name, (recorder, call) => answerIptables(recorder.firewall, family, call.args)],
        [`${name}-restore`, (recorder, call) => answerRestore(recorder.firewall, family, call)],
        [`${name}-save`, (recorder, call) => answerSave(recorder.firewall, family, call)],
      ];
    }),
  );
}

const TOOLS: ReadonlyMap<string, Tool> = new Map([
  ...iptablesTools(),
  ['ipset', answerIpset],
  ['ip', ({ host }, call) => answerIp(host, call)],
  ['sysctl', ({ host }, call) => answerSysctl(host, call)],
  ...IGNORED.map((tool): [string, Tool] => [tool, () => SILENT]),
  ...REFUSED.map((tool): [string, Tool] => [tool, () => refuse(`${tool} cannot be recorded`)]),
]);

/** Names of the tools that have a stand-in. */
export const RECORDED_TOOLS: readonly string[] = [...TOOLS.keys()];

/** Answers a call as the tool would on a machine where the calls before were carried out. */
export function answer(recorder: Recorder, call: Call): Answer {
  const given = TOOLS.get(call.tool)!(recorder, call);
  recorder.calls++;
  if (given.status !== 0) recorder.refused++;
  return given;
}

function answerIpset({ firewall, sets }: Recorder, call: Call): Answer {
  const context: IpsetContext = {
    isUsed: (name) => isSetUsed(firewall, name),
    random: () => 0,
    open: (path) => (path === undefined ? call.readInput() : call.readFile(path)),
  };
  const { status, stdout, stderr, file } = applyIpsetCommand(sets, wordsOf('ipset', call.args), context);
  if (file === undefined) return { status, stdout, stderr };
  call.writeFile(file, stdout);
  return { status, stdout: '', stderr };
}
