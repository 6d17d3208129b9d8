#!/usr/bin/env node
// The command line as it is started from its modules. Installed, it is started by bundled.ts.

import { setPace } from './pace.ts';
import { runProgram } from './program.ts';

setPace();
await runProgram(process.argv);
