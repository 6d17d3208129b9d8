// `npm run bench:compare -- A B [--tolerance PERCENT]`: what became slower from one run to another. Exits with 1 when something did.

import { Command, InvalidArgumentError } from 'commander';
import { compareResults, comparisonText } from './comparison.ts';
import { type BenchResult, readResult } from './result.ts';

function percent(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('It must be a number from 0 on.');
  return value;
}

const program = new Command('bench:compare')
  .description(
    'Compares two files of `npm run bench -- --json FILE`, figure by figure. Exits with 1 when one became worse beyond noise.',
  )
  .argument('<before>', 'a result')
  .argument('<after>', 'another, of the same machine')
  .option('--tolerance <percent>', 'differences that never count', percent, 5)
  .parse();

function read(path: string): BenchResult {
  try {
    return readResult(path);
  } catch (error) {
    return program.error((error as Error).message, { exitCode: 2 });
  }
}

const [before, after] = program.args;
const comparison = compareResults(read(before!), read(after!), program.opts<{ tolerance: number }>().tolerance / 100);
console.log(comparisonText(comparison));
if (comparison.figures.length === 0) program.error('the two have no figure in common', { exitCode: 2 });
if (comparison.figures.some(({ verdict }) => verdict === 'worse')) process.exitCode = 1;
