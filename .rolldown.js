// The command line as few files, each loaded when its command is asked for: to read hundreds of small ones would take longer than most commands.
// What it imports of packages is in them too, but for what brings threads or plugins of its own. src/cli/scripts.ts runs them.
// Built by `npm run build:cli`, from what `npm run build:ts` leaves in dist/src.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const OUTSIDE = ['piscina', 'fastify'];
/** What goes from a ruleset's text to its tables, which all commands need: in one file, calls within it are cheaper than those between files. */
const LOADING = /\/dist\/(assembly|src)\/(abi|commands|compile|extensions|ipset|ir|load|net|ruleset|shards|text)/;

/** The folder of the package that a file is of; undefined = it is ours. */
function packageOf(file) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** Says what the licences of the packages ask to be said, and that the files are CommonJS. */
const companions = {
  name: 'companions',
  generateBundle(_options, bundle) {
    const files = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
    const packages = [...new Set(files.map(packageOf).filter(Boolean))].sort();
    const texts = packages.map((folder) => {
      const name = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      const { name: title, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${title} ${version} (${license})\n\n${name ? readFileSync(join(folder, name), 'utf8').trim() : 'no text of its own'}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'LICENSES', source: texts.join('\n----\n\n') });
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
  },
};

/** The parser of command lines loads child_process, and all that has to do with sockets, for commands that are programs; none is. */
const noPrograms = {
  name: 'no-programs',
  resolveId: (id, importer) =>
    id === 'node:child_process' && /node_modules\/commander\//.test(importer) ? '\0no-programs' : null,
  load: (id) => (id === '\0no-programs' ? 'module.exports = {};' : null),
};

/** Where the files are that package.json has names for, as src/cli/scripts.ts lets them be asked for: from the folder above. */
const PLACES = { '#core.wasm': './core.wasm', '#worker': './cli/worker.js' };
const places = {
  name: 'places',
  transform: (code) => code.replace(/(?<=resolve\(')#[a-z.]+(?='\))/, (name) => PLACES[name]),
};

/** What the table of H.323 messages comes to, in place of the grammar that it is made of. */
const readyTable = {
  name: 'ready-table',
  async load(id) {
    if (!id.endsWith('/dist/src/core/h323-table.js')) return null;
    const { H323_TABLE } = await import(pathToFileURL(id).href);
    const { bytes, ...maps } = H323_TABLE;
    const parts = Object.entries(maps).map(([name, map]) => `${name}: new Map(${JSON.stringify([...map])})`);
    const text = Buffer.from(bytes).toString('base64');
    return `export const H323_TABLE = { bytes: Buffer.from('${text}', 'base64'), ${parts.join(', ')} };`;
  },
};

const common = {
  platform: 'node',
  external: OUTSIDE.map((name) => new RegExp(`^${name}(/|$)`)),
  transform: { define: { 'import.meta.url': '__filename', 'import.meta.dirname': '__dirname' } },
};
const output = { dir: 'dist/cli', format: 'cjs', entryFileNames: '[name].js', chunkFileNames: '[name].js', charset: 'ascii' };

export default [
  {
    ...common,
    input: { main: 'dist/src/cli/bundled.js', program: 'dist/src/cli/program.js' },
    plugins: [noPrograms, places, readyTable, companions],
    output: {
      ...output,
      cleanDir: true,
      dynamicImportInCjs: false,
      codeSplitting: { groups: [{ name: 'firewall', test: LOADING }] },
    },
  },
  // What each thread loads for itself, with nothing in it that it does not need.
  { ...common, input: { worker: 'dist/src/engine/worker.js' }, plugins: [readyTable], output },
];
