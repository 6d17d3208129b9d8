// `hookline serve`: the HTTP door on a port.

import { buildApp } from '../server/app.ts';
import { Service } from '../server/service.ts';
import { EXIT_DONE, InputError } from './exit.ts';
import { answersOf, type FirewallOptions, loadOrFail, readFirewall } from './rules.ts';

export interface ServeCliOptions extends FirewallOptions {
  readonly workers: number;
  readonly address: string;
  readonly port: number;
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  ENOTFOUND: 'no such host name',
};

/** Serves until SIGINT or SIGTERM; requests under way are finished first. Gives the exit code. */
export async function serveCommand({ workers, address, port, ...options }: ServeCliOptions): Promise<number> {
  const { rules, rules6, connections, recent, ...machine } = await readFirewall(options);
  for (const path of [connections?.name, recent]) {
    if (path !== undefined) process.stderr.write(`hookline: note: the service starts without what is in ${path}\n`);
  }
  const service = new Service({ workers, answers: answersOf(options), ...machine });
  if (rules || rules6) loadOrFail({ ...(rules ? { rules } : {}), ...(rules6 ? { rules6 } : {}) }, (input) => service.load(input));
  const app = buildApp(service, { log: true });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = (code !== undefined && LISTEN_REASONS[code]) || message;
    throw new InputError(`cannot listen on ${address} port ${port}: ${reason}`, { cause: error });
  }
  await stopped;
  await app.close();
  await service.close();
  return EXIT_DONE;
}
