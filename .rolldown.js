// The command line as few files, each loaded when its command is asked for: to read hundreds of small ones would take longer than most commands.

import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default {
  input: 'dist/src/cli/main.js',
  platform: 'node',
  external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
  output: { dir: 'dist/cli', cleanDir: true, chunkFileNames: '[name].js' },
};
