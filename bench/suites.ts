// The suites, in the order in which a whole run has them.

import { stages } from './micro/stages.ts';
import { compileSuite } from './scenarios/compile.ts';
import { conntrack } from './scenarios/conntrack.ts';
import { files } from './scenarios/files.ts';
import { floorSuite } from './scenarios/floor.ts';
import { http } from './scenarios/http.ts';
import { latency } from './scenarios/latency.ts';
import { nat } from './scenarios/nat.ts';
import { peers } from './scenarios/peers.ts';
import { replay } from './scenarios/replay.ts';
import { startup } from './scenarios/startup.ts';
import { tables } from './scenarios/tables.ts';
import { workers } from './scenarios/workers.ts';
import type { Suite } from './suite.ts';

export const SUITES: readonly Suite[] = [
  floorSuite,
  replay,
  files,
  tables,
  conntrack,
  nat,
  workers,
  peers,
  latency,
  http,
  compileSuite,
  stages,
  startup,
];
