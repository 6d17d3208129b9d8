import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { readHost } from '../../src/host/read.ts';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, tcp } from '../../src/packet/packets.ts';
import { buildApp } from '../../src/server/app.ts';
import { Service } from '../../src/server/service.ts';

const demo = (name: string): string => new URL(`../demo/${name}`, import.meta.url).pathname;
const RULES = readFileSync(demo('office.rules'), 'utf8');

const open: { app: ReturnType<typeof buildApp>; service: Service }[] = [];

afterEach(async () => {
  for (const { app, service } of open.splice(0)) {
    await app.close();
    await service.close();
  }
});

function start(rules: string | undefined = RULES, bodyLimitBytes?: number) {
  const { host } = readHost(demo('host.yaml'));
  const service = new Service({ workers: 0, host: host! });
  if (rules !== '') service.load({ rules: { name: 'office.rules', text: rules } });
  const app = buildApp(service, bodyLimitBytes === undefined ? {} : { bodyLimitBytes });
  open.push({ app, service });
  return app;
}

const browse = { in: 'eth1', src: '10.0.0.5', dst: '198.51.100.7', protocol: 'tcp', sport: 4000, dport: 80, time: 1_700_000_000 };

const classify = (app: ReturnType<typeof start>, packets: unknown[]) =>
  app.inject({ method: 'POST', url: '/v1/classify', payload: { packets } });

test('a JSON batch gets a verdict for each packet, with the rules hit and what leaves', async () => {
  const answer = (await classify(start(), [browse])).json();
  expect(answer.results).toHaveLength(1);
  expect(answer.results[0]).toMatchObject({
    verdict: 'ACCEPT',
    out: 'eth0',
    by: { table: 'filter', chain: 'office', rule: 2 },
    ctstate: 'NEW',
    hits: [
      ['mangle', 'PREROUTING', 1],
      ['filter', 'FORWARD', 3],
      ['filter', 'office', 2],
    ],
  });
});

test('connections go on from one request to the next, and a new ruleset begins anew', async () => {
  const app = start();
  const answer = { ...browse, in: 'eth0', src: browse.dst, dst: browse.src, sport: 80, dport: 4000, flags: 'SA' };
  await classify(app, [browse]);
  expect((await classify(app, [answer])).json().results[0]).toMatchObject({ verdict: 'ACCEPT', ctstate: 'ESTABLISHED' });
  expect((await app.inject('/v1/conntrack')).body).toContain('SYN_RECV src=10.0.0.5 dst=198.51.100.7');
  await app.inject({ method: 'PUT', url: '/v1/rules', headers: { 'content-type': 'text/plain' }, payload: RULES });
  expect((await app.inject('/v1/conntrack')).body).toBe('');
});

test('the bytes of a packet do as well as its fields', async () => {
  const packet = Buffer.from(ipv4({ src: '10.0.0.5', dst: '198.51.100.7', payload: tcp({ dport: 25, flags: 'S' }) })).toString(
    'hex',
  );
  expect((await classify(start(), [{ in: 'eth1', packet }])).json().results[0]).toMatchObject({
    verdict: 'REJECT',
    by: { table: 'filter', chain: 'office', rule: 1 },
  });
});

test('a capture comes back as JSON lines; its damage is the last line, behind every result', async () => {
  const bytes = pcapFile(
    [0, 1].map((i) => ({
      data: ipv4({ src: '10.0.0.5', dst: '198.51.100.7', payload: tcp({ sport: 5000 + i, dport: 80, flags: 'S' }) }),
    })),
    { linktype: 101 },
  );
  const post = (payload: Uint8Array) =>
    start().inject({
      method: 'POST',
      url: '/v1/classify/capture?in=eth1',
      headers: { 'content-type': 'application/vnd.tcpdump.pcap' },
      payload: Buffer.from(payload),
    });
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  expect(lines((await post(bytes)).body).map(({ packet, verdict }) => [packet, verdict])).toEqual([
    [1, 'ACCEPT'],
    [2, 'ACCEPT'],
  ]);
  const cut = lines((await post(bytes.subarray(0, bytes.length - 3))).body);
  expect(cut.map(({ packet, error }) => packet ?? error.type)).toEqual([1, 'urn:hookline:problem:bad-capture']);
});

test('counters are the ruleset as iptables-save -c prints it', async () => {
  const app = start();
  await classify(app, [browse]);
  expect((await app.inject('/v1/counters')).body).toContain('[1:40] -A office -m mark --mark 0x10/0xf0 -j ACCEPT');
  expect((await app.inject('/v1/counters?family=6')).statusCode).toBe(404);
});

test('a ruleset with errors is refused whole, with line and column, and the old one stays in force', async () => {
  const app = start();
  const { revision } = (await app.inject('/v1/rules')).json();
  const refused = await app.inject({
    method: 'PUT',
    url: '/v1/rules',
    headers: { 'content-type': 'text/plain' },
    payload: '*filter\n-A INPUT -p tcp --dprt 80 -j ACCEPT\nCOMMIT\n',
  });
  expect(refused.statusCode).toBe(422);
  expect(refused.headers['content-type']).toContain('application/problem+json');
  expect(refused.json().errors[0]).toMatchObject({ code: 'unknown-option', line: 2, column: 17 });
  expect((await app.inject('/v1/rules')).json().revision).toBe(revision);
});

test('requests that make no sense are problems that point at the fault', async () => {
  const app = start();
  const status = async (packets: unknown[]) => {
    const answer = await classify(app, packets);
    return [answer.statusCode, answer.json().type, answer.json().pointer];
  };
  expect(await status([browse, { ...browse, dst: 'here' }])).toEqual([400, 'urn:hookline:problem:bad-request', '/packets/1']);
  expect(await status([{ ...browse, protocol: 'icmp' }])).toEqual([400, 'urn:hookline:problem:bad-request', '/packets/0/sport']);
  expect((await status([{ ...browse, port: 80 }]))[0]).toBe(400);
  expect((await status([]))[0]).toBe(400);
  expect((await app.inject('/v1/nothing')).statusCode).toBe(404);
  expect(
    (await app.inject({ method: 'POST', url: '/v1/classify', payload: '<x/>', headers: { 'content-type': 'text/xml' } }))
      .statusCode,
  ).toBe(415);
});

test('an error of a request says what is wrong in words, and where', async () => {
  const app = start();
  const detail = async (packet: unknown) => (await classify(app, [packet])).json().detail;
  expect(await detail({ ...browse, sport: 70_000 })).toBe('body/packets/0/sport must be <= 65535');
  expect(await detail({ ...browse, sports: 1 })).toBe('body/packets/0/sports is not known here');
  expect(await detail({ ...browse, time: 1e30 })).toBe('body/packets/0/time must be <= 9223372036');
  expect(await detail({ in: 'eth1', src: '10.0.0.5' })).toBe(
    'a packet has its bytes ("packet"), or src, dst and protocol: dst, protocol missing',
  );
  expect(await detail({ packet: '45', ttl: 3 })).toBe(
    'a packet has either its bytes ("packet") or header fields, not both: found "ttl"',
  );
  expect(await detail({ packet: '450' })).toMatch(/^body\/packets\/0\/packet must match pattern/);
  expect((await app.inject('/v1/counters?family=5')).json().detail).toBe('query/family must be one of 4, 6');
  expect((await app.inject('/v1/counters?famly=4')).json().detail).toBe('query/famly is not known here');
  const send = async (url: string, headers: Record<string, string>, payload: string) =>
    (await app.inject({ method: 'POST', url, headers, payload })).json().detail;
  expect(await send('/v1/classify', { 'content-type': 'application/json' }, '{"packets":[}')).toMatch(/^the body is no JSON: /);
  expect(await send('/v1/classify', { 'content-type': 'text/plain' }, '{}')).toBe(
    'the body must be application/json; the request has text/plain',
  );
  expect(await send('/v1/classify/capture', { 'content-type': 'application/json' }, '{}')).toMatch(
    /^the body must be .*tcpdump\.pcap, .*; the request has application\/json$/,
  );
  expect(
    await send('/v1/classify/capture', { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }, 'x'),
  ).toBe('the body must come as it is, without content-encoding gzip');
});

test('a body over the limit is refused with 413', async () => {
  expect((await classify(start(RULES, 100), [browse])).statusCode).toBe(413);
});

test('the service is ready once it has a ruleset', async () => {
  const app = start('');
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect((await app.inject('/readyz')).statusCode).toBe(503);
  expect((await classify(app, [browse])).statusCode).toBe(409);
  await app.inject({ method: 'PUT', url: '/v1/rules', headers: { 'content-type': 'text/plain' }, payload: RULES });
  expect((await app.inject('/readyz')).statusCode).toBe(200);
});
