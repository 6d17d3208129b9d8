import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpClient, readResponse } from '../../bench/load/client.ts';
import { closedLoop, openLoop } from '../../bench/load/open-loop.ts';

let server: Server;
let connections = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      // In chunks, as long as no length is told.
      response.write(`${request.method} ${request.url} `);
      setImmediate(() => response.end(String(request.headers.packets)));
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => server.close());

test('requests go over the connections there are, the others wait, and each gets its own answer', async () => {
  const client = await HttpClient.open((server.address() as AddressInfo).port, 3);
  const bodies = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const { status, body } = await client.post({ path: `/${i}`, type: 'text/plain', packets: i, body: Buffer.from('x') });
      return `${status} ${body}`;
    }),
  );
  client.close();
  expect(bodies).toEqual(Array.from({ length: 20 }, (_, i) => `200 POST /${i} ${i}`));
  expect(connections).toBe(3);
});

test('a response is read once it is whole, by its length or in chunks', () => {
  const plain = Buffer.from('HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello');
  const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA\r\nlo 0 there\r\n0\r\n\r\n');
  for (const whole of [plain, chunked]) {
    for (let length = 0; length < whole.length; length++) expect(readResponse(whole.subarray(0, length))).toBeUndefined();
  }
  expect(readResponse(plain)).toEqual({ status: 201, body: Buffer.from('hello') });
  expect(readResponse(chunked)).toEqual({ status: 200, body: Buffer.from('hello 0 there') });
});

test('an open loop asks as often as its rate says, however long the answers take', async () => {
  const asked: number[] = [];
  const histogram = await openLoop({
    perSecond: 1000,
    durationMs: 50,
    act: async (index) => {
      asked.push(index);
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
  expect(asked).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(histogram.totalCount).toBe(50);
});

test('latency counts from when a request was due, not from when it was sent', async () => {
  // The first holds the event loop up: all others are sent late, and were waiting.
  const histogram = await openLoop({
    perSecond: 1000,
    durationMs: 20,
    act: async (index) => {
      const until = performance.now() + (index === 0 ? 40 : 0);
      while (performance.now() < until);
    },
  });
  expect(histogram.getValueAtPercentile(50)).toBeGreaterThan(15e6);
});

test('a closed loop has no more under way than it is told', async () => {
  let now = 0;
  let most = 0;
  const rate = await closedLoop(20, 4, async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  });
  expect(most).toBe(4);
  expect(rate).toBeGreaterThan(0);
});

test('what fails is told', async () => {
  const act = () => Promise.reject(new Error('refused'));
  await expect(openLoop({ perSecond: 1000, durationMs: 5, act })).rejects.toThrow('refused');
  await expect(closedLoop(5, 1, act)).rejects.toThrow('refused');
});
