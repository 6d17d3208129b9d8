// The lines in which iptables-legacy-restore refuses files of the corpus, as test/corpus says them. Needs CORPUS, root,
// iptables-legacy and network namespaces.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { familyOf, REFUSALS } from '../corpus/unloadable.ts';
import { whyNoIptables } from './requirements.ts';

const folder = join(process.env.CORPUS ?? '', 'rulesets', 'unloadable');
const reason = existsSync(folder) ? whyNoIptables() : 'no CORPUS';

describe.skipIf(reason)(`iptables refuses in the lines that are listed${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test.each(Object.entries(REFUSALS))('%s', (name, { line }) => {
    const tool = familyOf(name) === 4 ? 'iptables-legacy-restore' : 'ip6tables-legacy-restore';
    const { stderr } = spawnSync('unshare', ['-n', tool], { input: readFileSync(join(folder, name)), encoding: 'utf8' });
    expect(/line:? (\d+)/.exec(stderr)?.[1]).toBe(String(line));
  });
});
