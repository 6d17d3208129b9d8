import { expect, test } from 'vitest';
import { gridCells } from './grid.ts';
import { openTracker } from './tracker.ts';

// Recorded from a live kernel (6.18). A cell is what rules see of the segment and the state of the entry afterwards.
const GRID = `
state          S                       SA                      FA                      A                       RA                      P
> NONE         NEW SYN_SENT            INVALID -               INVALID -               NEW ESTABLISHED         INVALID -               INVALID -
> SYN_SENT     NEW =                   INVALID =               INVALID =               INVALID =               INVALID =               INVALID =
< SYN_SENT     ESTABLISHED SYN_SENT2   ESTABLISHED SYN_RECV    INVALID =               ESTABLISHED =           ESTABLISHED -           INVALID =
> SYN_SENT2    ESTABLISHED =           ESTABLISHED SYN_RECV    INVALID =               INVALID =               ESTABLISHED CLOSE       INVALID =
< SYN_SENT2    ESTABLISHED =           ESTABLISHED SYN_RECV    INVALID =               ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
> SYN_RECV     ESTABLISHED =           ESTABLISHED =           ESTABLISHED FIN_WAIT    ESTABLISHED ESTABLISHED ESTABLISHED CLOSE       INVALID =
< SYN_RECV     INVALID =               ESTABLISHED =           ESTABLISHED FIN_WAIT    ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
> ESTABLISHED  ESTABLISHED =           INVALID =               ESTABLISHED FIN_WAIT    ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
< ESTABLISHED  INVALID =               ESTABLISHED =           ESTABLISHED FIN_WAIT    ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
> FIN_WAIT     ESTABLISHED =           INVALID =               ESTABLISHED LAST_ACK    ESTABLISHED CLOSE_WAIT  ESTABLISHED CLOSE       INVALID =
< FIN_WAIT     INVALID =               ESTABLISHED =           ESTABLISHED LAST_ACK    ESTABLISHED CLOSE_WAIT  ESTABLISHED CLOSE       INVALID =
> CLOSE_WAIT   ESTABLISHED =           INVALID =               ESTABLISHED LAST_ACK    ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
< CLOSE_WAIT   INVALID =               ESTABLISHED =           ESTABLISHED LAST_ACK    ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
> LAST_ACK     ESTABLISHED =           INVALID =               ESTABLISHED =           ESTABLISHED TIME_WAIT   ESTABLISHED CLOSE       INVALID =
< LAST_ACK     INVALID =               ESTABLISHED =           ESTABLISHED =           ESTABLISHED TIME_WAIT   ESTABLISHED CLOSE       INVALID =
> TIME_WAIT    NEW SYN_SENT            INVALID =               ESTABLISHED =           ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
< TIME_WAIT    NEW SYN_SENT            ESTABLISHED =           ESTABLISHED =           ESTABLISHED =           ESTABLISHED CLOSE       INVALID =
> CLOSE        NEW SYN_SENT            INVALID =               ESTABLISHED =           ESTABLISHED =           ESTABLISHED =           INVALID =
< CLOSE        INVALID =               ESTABLISHED =           ESTABLISHED =           ESTABLISHED =           ESTABLISHED =           INVALID =
`;

test('every cell of the TCP state table is as in the kernel', () => {
  const found = gridCells((packets) => {
    const tracker = openTracker({ shards: 1, capacity: 64 });
    const time = 1_700_000_000_000_000_000n;
    const seen = tracker.feed(packets.map((bytes) => ({ bytes, time })));
    const line = tracker.text(time);
    return { state: seen.at(-1)!.state, entry: /^tcp\s+6 \d+ (\w+)/.exec(line)?.[1] ?? '-' };
  });
  expect(`\n${found.join('\n')}\n`).toBe(GRID);
});
