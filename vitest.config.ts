import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], exclude: ['test/kernel/**', 'test/corpus/**', 'node_modules/**'], testTimeout: 30_000 },
});
