// Question: what does the service add to what HTTP costs anyway?
//
// `hookline serve` with one worker, beside a bare Fastify service that reads the same bodies and answers without a thought, each in a process
// of its own, over the loopback: JSON of one packet and of a hundred, captures of a thousand. How many requests a second at most over ten
// connections, then latency at half and nine tenths of it, from when each request was due. It cannot show a network. Each response asserts
// that all packets of its request were accepted.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient, type HttpRequest } from '../load/client.ts';
import { type LoadTarget, measureLoad } from '../load/latency.ts';
import { type ServerProcess, startServer } from '../load/server.ts';
import { inCheckout } from '../root.ts';
import { ratios } from '../statistics.ts';
import { cost, type Figure, gain, type Suite } from '../suite.ts';
import { Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST, type Gateway, gateway, halves } from '../traffic/gateway.ts';
import { dotted } from '../traffic/rules.ts';
import { START_SECONDS } from '../traffic/segments.ts';

const RULES = { tiny: 20, quick: 1000, usual: 1000, full: 1000 };
const FLOWS = { tiny: 200, quick: 5000, usual: 10_000, full: 10_000 };
const CONNECTIONS = 10;
const BARE = 'bare Fastify';
const HOOKLINE = 'hookline serve';
const DURATION_MS = { tiny: 40, quick: 150, usual: 2000, full: 5000 };
/** Different bodies, which come in turn. */
const BODIES = 20;
const CAPTURE_TYPE = 'application/vnd.tcpdump.pcap';
const ACCEPTED = '"verdict":"ACCEPT"';

/** Requests of one kind. */
interface Kind {
  readonly name: string;
  readonly packets: number;
  readonly requests: readonly HttpRequest[];
}

export const http: Suite = {
  name: 'http',
  title: 'requests to hookline serve, one worker, beside a bare Fastify service',
  async run({ seed, scale, rounds, note }) {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    const one = gateway(halves(RULES[scale]), seed);
    const flows = new Flows(FLOWS[scale], seed, { tuple: one.tuple });
    const opened = flows.handshakes(0, flows.count);
    const open: { close(): unknown }[] = [];
    try {
      const servers = await startServers(folder, one, open);
      const clients = new Map<string, HttpClient>();
      for (const [name, { port }] of servers) {
        const client = await HttpClient.open(port, CONNECTIONS);
        open.push(client);
        clients.set(name, client);
      }
      await send(clients.get(HOOKLINE)!, captureRequest(opened.bytes, opened.packets), opened.packets);
      const kinds = [jsonKind(one, flows.count, 1), jsonKind(one, flows.count, 100), captureKind(flows, 1000)];
      const figures: Figure[] = [];
      for (const kind of kinds)
        figures.push(...(await measureKind(kind, clients, { rounds, durationMs: DURATION_MS[scale], note })));
      return {
        figures,
        notices: ['Rates are requests a second. Percentiles of one round each; the median of the rounds is shown.'],
      };
    } finally {
      for (const one of open.reverse()) await one.close();
      rmSync(folder, { recursive: true });
    }
  },
};

async function startServers(
  folder: string,
  { rules }: Gateway,
  open: { close(): unknown }[],
): Promise<Map<string, ServerProcess>> {
  const [rulesFile, hostFile] = ['rules.v4', 'host.yaml'].map((name) => join(folder, name));
  writeFileSync(rulesFile!, rules);
  writeFileSync(hostFile!, GATEWAY_HOST);
  const serve = [inCheckout('dist/src/cli/main.js'), 'serve', '--rules', rulesFile!, '--host', hostFile!, '--port'];
  const commands: readonly (readonly [string, readonly string[]])[] = [
    [BARE, [inCheckout('dist/bench/load/bare.js')]],
    [HOOKLINE, serve],
  ];
  const servers = new Map<string, ServerProcess>();
  for (const [name, words] of commands) {
    const server = await startServer((port) => [...words, String(port)]);
    open.push(server);
    servers.set(name, server);
  }
  return servers;
}

async function send(client: HttpClient, request: HttpRequest, packets: number): Promise<void> {
  const { status, body } = await client.post(request);
  let accepted = 0;
  for (let at = body.indexOf(ACCEPTED); at >= 0; at = body.indexOf(ACCEPTED, at + 1)) accepted++;
  if (status !== 200 || accepted !== packets) {
    throw new Error(
      `${request.path}: status ${status}, ${accepted} of ${packets} packets accepted: ${body.toString('utf8', 0, 500)}`,
    );
  }
}

/** Packets that open connections, from flow `first` on. */
function jsonKind({ tuple }: Gateway, first: number, packets: number): Kind {
  const requests = Array.from({ length: BODIES }, (_, body): HttpRequest => {
    const list = Array.from({ length: packets }, (_, i) => {
      const { source, destination, sport, dport } = tuple(first + body * packets + i, false);
      return {
        time: START_SECONDS,
        in: 'eth0',
        src: dotted(source),
        dst: dotted(destination),
        protocol: 'tcp',
        sport,
        dport,
        flags: 'S',
      };
    });
    return { path: '/v1/classify', packets, type: 'application/json', body: Buffer.from(JSON.stringify({ packets: list })) };
  });
  return { name: `JSON, ${packets} packet${packets === 1 ? '' : 's'}`, packets, requests };
}

/** Packets of connections that are open. */
function captureKind(flows: Flows, packets: number): Kind {
  const requests = Array.from({ length: BODIES }, () => captureRequest(flows.acknowledgements(packets).bytes, packets));
  return { name: `capture, ${packets.toLocaleString('en')} packets`, packets, requests };
}

function captureRequest(body: Uint8Array, packets: number): HttpRequest {
  return { path: '/v1/classify/capture?in=eth0', packets, type: CAPTURE_TYPE, body };
}

async function measureKind(
  { name, packets, requests }: Kind,
  clients: ReadonlyMap<string, HttpClient>,
  options: { readonly rounds: number; readonly durationMs: number; note(text: string): void },
): Promise<Figure[]> {
  const nameOf = (server: string): string => `${name}, ${server}`;
  const targets = [...clients].map(
    ([server, client]): LoadTarget => ({
      name: nameOf(server),
      concurrency: CONNECTIONS,
      ...(server === BARE ? { isReference: true } : {}),
      act: (index) => send(client, requests[index % requests.length]!, packets),
    }),
  );
  const { figures, ceilings } = await measureLoad(targets, options);
  const [bare, ours] = [ceilings(nameOf(BARE)), ceilings(nameOf(HOOKLINE))];
  const row = `${nameOf(HOOKLINE)}, ceiling`;
  return [
    ...figures,
    gain(
      row,
      'packets',
      '1/s',
      ours.map((rate) => rate * packets),
    ),
    cost(row, 'times bare', 'x', ratios(bare, ours)),
  ];
}
