import { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { EngineError } from '../../src/engine/error.ts';
import { type ByteSource, bytesSource } from '../../src/engine/source.ts';
import { loadTexts, openEngine } from '../support/replay.ts';
import { conversations } from '../support/traffic.ts';

const RULES = '*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n';
const loaded = loadTexts({ rules: RULES });
const capture = conversations(5, 2000);
const source = () => [bytesSource('capture', capture)];

test('a worker that dies ends the replay with an error that says so, and does not hang', async () => {
  const workers: Worker[] = [];
  const postMessage = Worker.prototype.postMessage;
  const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
    workers.push(this);
    postMessage.apply(this, args);
  });
  const engine = openEngine(loaded, { workers: 2, batchPackets: 16 });
  let batches = 0;
  const replay = engine.replay(source(), {
    // Where a worker has nothing in hand, another takes its place, which dies with the next batch.
    onBatch: () => {
      if (++batches >= 3) for (const worker of workers) void worker.terminate();
    },
  });
  await expect(replay).rejects.toThrow(EngineError);
  await expect(replay).rejects.toMatchObject({ code: 'ERR_WORKER_DIED' });
  await expect(engine.replay(source())).rejects.toMatchObject({ code: 'ERR_WORKER_DIED' });
  post.mockRestore();
  await engine.close();
});

test('what the taker of batches throws ends the replay, and the engine can go on', async () => {
  const engine = openEngine(loaded, { workers: 2, batchPackets: 16 });
  const failing = engine.replay(source(), {
    onBatch: () => {
      throw new Error('enough');
    },
  });
  await expect(failing).rejects.toThrow('enough');
  await expect(engine.replay(source())).resolves.toMatchObject({ packets: 2000 });
  await engine.close();
});

test('a replay that is given up while bytes are awaited does not let them into the next one', async () => {
  const engine = openEngine(loaded);
  let target: Uint8Array = new Uint8Array();
  let arrive: (bytes: number) => void = () => undefined;
  let reads = 0;
  const slow = {
    name: 'slow',
    read(into: Uint8Array): Promise<number> {
      if (reads++ === 0) return bytesSource('start', capture.subarray(0, 2000)).read(into);
      target = into;
      return new Promise((resolve) => {
        arrive = resolve;
      });
    },
    close: () => Promise.resolve(),
  };
  const failing = engine.replay([slow], {
    onBatch: () => {
      throw new Error('enough');
    },
  });
  await expect(failing).rejects.toThrow('enough');
  const next = engine.replay([slowly(capture, 4)]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  target.fill(0xff);
  arrive(target.length);
  const alone = openEngine(loaded);
  const { tally } = await alone.replay(source());
  await expect(next).resolves.toMatchObject({ packets: 2000, damage: [], tally });
  await Promise.all([engine.close(), alone.close()]);
});

/** A source that gives its bytes in so many pieces, with pauses between them. */
function slowly(bytes: Uint8Array, pieces: number): ByteSource {
  const inner = bytesSource('slowly', bytes);
  return {
    ...inner,
    async read(into) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return await inner.read(into.subarray(0, Math.ceil(bytes.length / pieces)));
    },
  };
}

test('batches come in input order, one at a time, and hold the input back while they are waited for', async () => {
  const engine = openEngine(loaded, { workers: 2, batchPackets: 64 });
  let under = 0;
  let next = 1;
  await engine.replay(source(), {
    async onBatch(batch) {
      expect(++under).toBe(1);
      const first = batch.views.u32[(batch.map.frames + 28) / 4];
      expect(first).toBe(next);
      next += batch.count;
      await new Promise((resolve) => setImmediate(resolve));
      under--;
    },
  });
  expect(next).toBe(2001);
  await engine.close();
});

test('replays of one engine queue up; counters go on from one to the next', async () => {
  const engine = openEngine(loaded, { workers: 1, batchPackets: 256 });
  const one = engine.replay(source());
  const two = engine.replay(source());
  const [first, second] = await Promise.all([one, two]);
  expect(second.tally).toEqual(first.tally);
  const inspected = openEngine(loaded);
  await inspected.replay(source());
  const once = inspected.counters(4);
  expect(engine.counters(4)).toEqual(once.map((n) => 2n * n));
  await Promise.all([engine.close(), inspected.close()]);
});

test('a closed engine says that it is closed', async () => {
  const engine = openEngine(loaded);
  await engine.close();
  await expect(engine.replay(source())).rejects.toMatchObject({ code: 'ERR_ENGINE_CLOSED' });
});

test('the number of shards must be a power of two', () => {
  expect(() => openEngine(loaded, { shards: 3 })).toThrow(/power of two/);
});

test('latency is sampled once a batch and once a packet', async () => {
  const engine = openEngine(loaded, { batchPackets: 100 });
  const { batchNs, packetNs } = await engine.replay(source());
  const count = (samples: ReadonlyMap<number, number>) => [...samples.values()].reduce((a, b) => a + b, 0);
  expect(count(batchNs)).toBe(20);
  expect(count(packetNs)).toBe(2000);
  await engine.close();
});
