import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readScript, runOurs, saysTheSame } from '../support/ipset-script.ts';

const FOLDER = new URL('scripts/', import.meta.url);

describe('ipset commands print and refuse what the scripts say', () => {
  for (const file of readdirSync(FOLDER)) {
    it(file, () => {
      const said = readScript(readFileSync(new URL(file, FOLDER), 'utf8'));
      const ours = runOurs(said.map(({ line }) => line));
      const wrong = ours.flatMap((run, i) => (saysTheSame(run, said[i]!) ? [] : [{ ours: run, said: said[i] }]));
      expect(wrong).toEqual([]);
      expect(said.length).toBeGreaterThan(0);
    });
  }
});
