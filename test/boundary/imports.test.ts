import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What each room may import besides itself. A room that is not listed here fails the test: say where it belongs. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/cli': [
    'src/load.ts',
    'src/state',
    'src/ipset',
    'src/commands',
    'src/record',
    'src/engine',
    'src/report',
    'src/host',
    'src/commands',
    'src/ruleset',
    'src/extensions',
    'src/ir',
    'src/compile',
    'src/text',
    'src/server',
  ],
  'src/server': [
    'src/load.ts',
    'src/ipset',
    'src/engine',
    'src/report',
    'src/host',
    'src/compile',
    'src/text',
    'src/net',
    'src/packet',
  ],
  'src/packet': [],
  'src/index.ts': [
    'src/load.ts',
    'src/engine',
    'src/report',
    'src/host',
    'src/ruleset',
    'src/extensions',
    'src/ir',
    'src/compile',
    'src/text',
    'src/core',
  ],
  'src/load.ts': [
    'src/extensions',
    'src/ipset',
    'src/commands',
    'src/ruleset',
    'src/ir',
    'src/net',
    'src/compile',
    'src/host',
    'src/shards',
    'src/text',
  ],
  'src/shards': ['src/host', 'src/ir', 'src/text', 'assembly/abi'],
  'src/engine': ['src/core', 'assembly/abi', 'src/compile', 'src/host', 'src/ir'],
  'src/report': ['src/ruleset', 'src/core', 'src/engine', 'src/compile', 'src/net', 'src/ir', 'src/text', 'assembly/abi'],
  'src/extensions': ['src/ruleset', 'src/ir', 'src/net', 'src/text', 'assembly/abi'],
  'src/record': ['src/commands', 'src/ipset', 'src/ruleset', 'src/ir', 'src/text'],
  'src/commands': ['src/ipset', 'src/ruleset', 'src/ir', 'src/text'],
  'src/ruleset': ['src/ir', 'src/net', 'src/text', 'assembly/abi'],
  'src/ipset': ['src/net', 'src/text', 'src/ir', 'assembly/abi'],
  'src/state': ['src/net', 'src/text', 'assembly/abi'],
  'src/host': ['src/ir', 'src/net', 'src/text', 'assembly/abi'],
  'src/compile': ['src/ir', 'src/net', 'assembly/abi'],
  'src/core': ['src/ir', 'assembly/abi'],
  'src/ir': ['src/net', 'src/text', 'assembly/abi'],
  'src/text': [],
  'src/net': [],
  'assembly/layout.ts': ['assembly/abi'],
  'assembly/index.ts': [
    'assembly/layout.ts',
    'assembly/abi',
    'assembly/conntrack/load.ts',
    'assembly/conntrack/pool.ts',
    'assembly/hooks',
    'assembly/capture',
    'assembly/wire',
    'assembly/classify',
  ],
  'assembly/hooks': [
    'assembly/abi',
    'assembly/classify',
    'assembly/conntrack',
    'assembly/fragment',
    'assembly/helper',
    'assembly/journey',
    'assembly/match/draw.ts',
    'assembly/match/jiffies.ts',
    'assembly/nat',
    'assembly/wire',
  ],
  'assembly/journey': ['assembly/abi'],
  'assembly/classify': [
    'assembly/abi',
    'assembly/journey',
    'assembly/match',
    'assembly/target',
    'assembly/wire',
    'assembly/conntrack',
    'assembly/hooks/route.ts',
    'assembly/hooks/tee.ts',
  ],
  'assembly/set': ['assembly/abi', 'assembly/wire', 'assembly/match/jiffies.ts'],
  'assembly/match': ['assembly/abi', 'assembly/set', 'assembly/wire', 'assembly/conntrack', 'assembly/hooks/route.ts'],
  'assembly/target': [
    'assembly/abi',
    'assembly/set',
    'assembly/wire',
    'assembly/conntrack',
    'assembly/nat',
    'assembly/hooks/route.ts',
  ],
  'assembly/nat': ['assembly/abi', 'assembly/conntrack', 'assembly/match/draw.ts', 'assembly/wire'],
  'assembly/conntrack': ['assembly/abi', 'assembly/wire'],
  'assembly/helper': [
    'assembly/abi',
    'assembly/conntrack',
    'assembly/match/draw.ts',
    'assembly/nat',
    'assembly/wire',
    'assembly/hooks/way-out.ts',
  ],
  'assembly/fragment': ['assembly/abi', 'assembly/match/jiffies.ts', 'assembly/match/draw.ts', 'assembly/wire'],
  'assembly/wire': ['assembly/abi'],
  'assembly/capture': ['assembly/abi'],
  'assembly/abi': [],
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => relative(root, join(e.parentPath, e.name)));
}

function room(file: string): string {
  const parts = file.split('/');
  return parts.slice(0, 2).join('/');
}

test('imports point down: every room imports only the rooms it may know', () => {
  const upward: string[] = [];
  for (const file of [...sources('src'), ...sources('assembly')]) {
    const allowed = MAY_IMPORT[room(file)];
    if (!allowed) {
      upward.push(`${file}: no row for ${room(file)}`);
      continue;
    }
    for (const [, target] of readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
      const to = normalize(join(dirname(file), target!));
      if (room(to) !== room(file) && !allowed.includes(room(to)) && !allowed.includes(to)) upward.push(`${file} -> ${to}`);
    }
  }
  expect(upward).toEqual([]);
});

test('only core touches WebAssembly, only engine touches threads', () => {
  const strays = sources('src').filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return (
      (/\bWebAssembly\./.test(text) && room(file) !== 'src/core') ||
      (/'(piscina|node:worker_threads)'/.test(text) && room(file) !== 'src/engine')
    );
  });
  expect(strays).toEqual([]);
});
