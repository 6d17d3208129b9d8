// A progress line on a terminal: bytes, packets, rate. Nothing at all in a pipe.

import type { WriteStream } from 'node:tty';
import { grouped } from '../report/summary.ts';

const INTERVAL_MS = 100;
const BAR_CELLS = 24;
const CLEAR_LINE = '\r\u001b[K';

export interface Progress {
  update(progress: { readonly bytes: number; readonly packets: number }): void;
  /** Takes the line away. */
  end(): void;
}

/** `total` is the bytes to come, undefined when nobody knows. */
export function openProgress(stream: WriteStream, total: number | undefined): Progress {
  if (!stream.isTTY) return { update: () => undefined, end: () => undefined };
  const start = performance.now();
  let shown = start;
  return {
    update({ bytes, packets }) {
      const now = performance.now();
      if (now - shown < INTERVAL_MS) return;
      shown = now;
      const rate = grouped(Math.round((packets * 1000) / (now - start)));
      stream.write(`${CLEAR_LINE}${bar(bytes, total)} ${grouped(packets)} packets, ${rate}/s`);
    },
    end() {
      if (shown !== start) stream.write(CLEAR_LINE);
    },
  };
}

function bar(bytes: number, total: number | undefined): string {
  if (!total) return `${grouped(Math.round(bytes / 1e6))} MB`;
  const part = Math.min(1, bytes / total);
  const cells = Math.round(part * BAR_CELLS);
  return `[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}] ${String(Math.floor(part * 100)).padStart(3)}%`;
}
