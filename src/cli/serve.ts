// `hookline serve`: the HTTP door on a port.

import { buildApp } from '../server/app.ts';
import { Service } from '../server/service.ts';
import { EXIT_DONE, InputError } from './exit.ts';
import { type FirewallOptions, loadOrFail, readFirewall } from './rules.ts';

export interface ServeCliOptions extends FirewallOptions {
  readonly workers: number;
  readonly seed: number;
  readonly address: string;
  readonly port: number;
}

/** Serves until SIGINT or SIGTERM; requests under way are finished first. Gives the exit code. */
export async function serveCommand({ workers, seed, address, port, ...options }: ServeCliOptions): Promise<number> {
  const { host, ...rules } = await readFirewall(options);
  const service = new Service({ workers, seed, ...(host ? { host } : {}) });
  if (rules.rules || rules.rules6) loadOrFail(rules, (input) => service.load(input));
  const app = buildApp(service, { log: true });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    throw new InputError(`cannot listen on ${address} port ${port}: ${(error as Error).message}`, { cause: error });
  }
  await stopped;
  await app.close();
  await service.close();
  return EXIT_DONE;
}
