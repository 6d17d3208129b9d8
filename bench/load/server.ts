// A server under load, in a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const READY_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 20;

export interface ServerProcess {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts `node ARGUMENTS` and waits until it is ready at a port that nobody else has. */
export async function startServer(argumentsFor: (port: number) => readonly string[]): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, argumentsFor(port), { stdio: ['ignore', 'ignore', 'inherit'] });
  await ready(child, port);
  return {
    port,
    async close() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error('the server did not get ready');
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
