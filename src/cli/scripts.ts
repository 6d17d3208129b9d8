// The command line's files as the bundler writes them (CommonJS), run with what V8 has compiled of them before.
//
// To parse and compile some megabyte of source takes longer than most commands run. Beside each file lies, from when the program was built,
// what V8 made of it. Another V8, or one with other options, refuses that by itself and compiles the source: the same, only later.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** What stands between a file's name and that of its compiled form. */
const COMPILED = '.compiled';
/** How a file gets to what it names. */
const [HEAD, TAIL] = ['(function (exports, require, module, __filename) { ', '\n})'];

type Run = (exports: unknown, require: (id: string) => unknown, module: { exports: unknown }, filename: string) => void;

/** Files of one folder, each run once, when it is first asked for. */
export class Scripts {
  private readonly folder: string;
  /** Of packages and of Node's own modules. */
  private readonly outside: (id: string) => unknown;
  private readonly modules = new Map<string, { exports: unknown }>();
  private readonly scripts = new Map<string, Script>();

  constructor(folder: string) {
    this.folder = folder;
    this.outside = createRequire(join(folder, 'main.js'));
  }

  /** What a file exports. */
  load(name: string): unknown {
    const known = this.modules.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    this.modules.set(name, module);
    const script = this.script(name);
    this.scripts.set(name, script);
    const require = (id: string): unknown => (id.startsWith('./') ? this.load(id.slice(2)) : this.outside(id));
    // Names that package.json gives to files are asked for from where these are: the folder above, which has no package.json of its own.
    (script.runInThisContext() as Run)(module.exports, require, module, join(dirname(this.folder), name));
    return module.exports;
  }

  private script(name: string): Script {
    const filename = join(this.folder, name);
    const source = HEAD + readFileSync(filename, 'latin1') + TAIL; // the bundler writes nothing but ASCII
    const cachedData = readOr(filename + COMPILED);
    return new Script(source, { filename, ...(cachedData ? { cachedData } : {}) });
  }

  /** Leaves what V8 has compiled by now beside each file that was loaded. */
  save(): void {
    for (const [name, script] of this.scripts) writeFileSync(join(this.folder, name + COMPILED), script.createCachedData());
  }
}

/** A file's bytes, where it can be read. */
function readOr(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
