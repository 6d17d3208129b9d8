// Load at a fixed rate from an open-loop clock: what is asked is due when the clock says, whether or not what was asked before is done,
// and its latency counts from then on. So waiting in a queue is part of it, also where the one who asks is late himself.

import { build, type Histogram } from 'hdr-histogram-js';

const SIGNIFICANT_DIGITS = 3;
/** A timer is no more exact than this; what is left is waited for in turns of the event loop. */
const TIMER_MS = 2;

export interface OpenLoop {
  readonly perSecond: number;
  readonly durationMs: number;
  /** Does what is asked; `index` counts from 0. */
  act(index: number): Promise<void>;
}

/** Nanoseconds from when each was due to when it was done. Throws what `act` throws. */
export async function openLoop({ perSecond, durationMs, act }: OpenLoop): Promise<Histogram> {
  const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: SIGNIFICANT_DIGITS });
  const intervalMs = 1000 / perSecond;
  const count = Math.max(1, Math.floor(durationMs / intervalMs));
  const start = performance.now();
  const underWay: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  for (let index = 0; index < count && !failure; index++) {
    const dueMs = start + index * intervalMs;
    await until(dueMs);
    const done = act(index).then(() => histogram.recordValue(Math.max(1, Math.round((performance.now() - dueMs) * 1e6))));
    underWay.push(
      done.catch((error: unknown) => {
        failure ??= { error };
      }),
    );
  }
  await Promise.all(underWay);
  if (failure) throw failure.error;
  return histogram;
}

async function until(dueMs: number): Promise<void> {
  for (;;) {
    const leftMs = dueMs - performance.now();
    if (leftMs <= 0) return;
    await new Promise<void>((resolve) => {
      if (leftMs > TIMER_MS) setTimeout(resolve, leftMs - TIMER_MS);
      else setImmediate(resolve);
    });
  }
}

/** How many a second are done when `concurrency` at a time are always under way. */
export async function closedLoop(
  durationMs: number,
  concurrency: number,
  act: (index: number) => Promise<void>,
): Promise<number> {
  const start = performance.now();
  let done = 0;
  let index = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      await act(index++);
      done++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (done * 1000) / (performance.now() - start);
}
