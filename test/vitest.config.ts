import { defineConfig } from 'vitest/config';

// Suites by what they need: `npm test` needs nothing, the corpus suites need CORPUS, those of mode `kernel`
// root and iptables. Packets go through the live kernel by a runner of its own.
const suites: Record<string, { include: string[]; exclude: string[] }> = {
  default: { include: ['test/**/*.test.ts'], exclude: ['test/kernel/**', 'test/corpus/**'] },
  corpus: { include: ['test/corpus/**/*.test.ts'], exclude: [] },
  kernel: { include: ['test/kernel/**/*.test.ts'], exclude: [] },
};

export default defineConfig(({ mode }) => ({
  root: new URL('..', import.meta.url).pathname,
  test: { ...(suites[mode] ?? suites.default), testTimeout: mode === 'corpus' ? 600_000 : 60_000, hookTimeout: 60_000 },
}));
