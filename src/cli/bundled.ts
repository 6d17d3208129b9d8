#!/usr/bin/env node
// The command line as it is installed: what dist/cli/main.js is made of. It does what main.ts does, with the program out of few files that
// V8 need not compile.

import { setPace } from './pace.ts';
import { Scripts } from './scripts.ts';

// First of all: V8 refuses what was compiled under other options.
setPace();
const { runProgram } = new Scripts(import.meta.dirname).load('program.js') as typeof import('./program.ts');
void runProgram(process.argv);
