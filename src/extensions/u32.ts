// -m u32: numbers at places of the packet that are found by calculation.

import { TEST_U32 } from '../../assembly/abi/opcode.ts';
import { U32_AND, U32_AT, U32_LEFT_SHIFT, U32_RIGHT_SHIFT } from '../../assembly/abi/operand.ts';
import { hex, scanUnsigned } from '../net/number.ts';
import { type Argument, type MatchExtension, type OptionContext, part } from '../ruleset/extension.ts';
import { ask } from './asks.ts';
import { listApart } from './listing.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, type Range, U32 } from './values.ts';

const OPERATORS = ['&', '<<', '>>', '@'] as const;
/** What is done with the number found so far; '' begins, with the place of the first. */
type Operator = '' | (typeof OPERATORS)[number];

interface U32Test {
  readonly location: { readonly operator: Operator; readonly number: number }[];
  readonly values: Range[];
}

interface U32Options {
  tests?: Asked<readonly U32Test[]>;
}

/** Numbers of a place, values of a test, and tests. Ref: include/uapi/linux/netfilter/xt_u32.h XT_U32_MAXSIZE */
const SIZE_MAX = 10;

/** Reads `start&mask>>shift@start=value,low:high&&…`. Ref: iptables libxt_u32.c:u32_parse() */
class U32Reader {
  private at = 0;
  private readonly argument: Argument;
  private readonly context: OptionContext;
  constructor(argument: Argument, context: OptionContext) {
    this.argument = argument;
    this.context = context;
  }

  read(): readonly U32Test[] | undefined {
    const tests: U32Test[] = [];
    do {
      if (tests.length === SIZE_MAX) return this.fail(`more than ${SIZE_MAX} tests`);
      const location = this.location();
      const values = location && this.values();
      if (!values) return undefined;
      tests.push({ location, values });
    } while (this.accept('&&'));
    return this.rest() === '' ? tests : this.fail('expected "," or "&&"');
  }

  /** Numbers with operators between, up to the `=`. */
  private location(): U32Test['location'] | undefined {
    const location: U32Test['location'] = [];
    let operator: Operator | undefined = '';
    while (operator !== undefined) {
      const number = this.number();
      if (number === undefined) return undefined;
      if (location.length === SIZE_MAX) return this.fail(`more than ${SIZE_MAX} numbers in one place`);
      if ((operator === '<<' || operator === '>>') && number > 31) return this.fail('a shift is by 31 bits at most');
      location.push({ operator, number });
      operator = OPERATORS.find((sign) => this.accept(sign));
    }
    return this.accept('=') ? location : this.fail('expected one of & << >> @ =');
  }

  private values(): Range[] | undefined {
    const values: Range[] = [];
    do {
      const low = this.number();
      if (low === undefined) return undefined;
      const high = this.accept(':') ? this.number() : low;
      if (high === undefined) return undefined;
      if (values.length === SIZE_MAX) return this.fail(`more than ${SIZE_MAX} values in one test`);
      values.push([low, high]);
    } while (this.accept(','));
    return values;
  }

  private rest(): string {
    return this.argument.text.slice(this.at).trimStart();
  }

  private accept(sign: string): boolean {
    const rest = this.rest();
    if (!rest.startsWith(sign)) return false;
    this.at = this.argument.text.length - rest.length + sign.length;
    return true;
  }

  private number(): number | undefined {
    const scan = scanUnsigned(this.argument.text.slice(this.at));
    if (!scan || scan.value > BigInt(U32)) return this.fail('expected a number of 32 bits');
    this.at = this.argument.text.length - scan.rest.length;
    return Number(scan.value);
  }

  private fail(message: string): undefined {
    const rest = this.rest();
    const { length } = this.argument.text;
    const here = rest === '' ? 'at the end' : `before "${rest.length > 12 ? `${rest.slice(0, 12)}…` : rest}"`;
    this.context.diagnostics.error('bad-u32', `${message} ${here}`, part(this.argument, length - rest.length, length).span);
  }
}

function formatTest({ location, values }: U32Test): string {
  const place = location.map(({ operator, number }) => operator + hex(number)).join('');
  return `${place}=${values.map(([low, high]) => (low === high ? hex(low) : `${hex(low)}:${hex(high)}`)).join(',')}`;
}

function formatTests(tests: readonly U32Test[]): string {
  return `"${tests.map(formatTest).join('&&')}"`;
}

const OPERATOR_CODES = { '&': U32_AND, '<<': U32_LEFT_SHIFT, '>>': U32_RIGHT_SHIFT, '@': U32_AT } as const;

function testOperands({ location, values }: U32Test): number[] {
  const steps = location.flatMap(({ operator, number }) => (operator === '' ? [number] : [OPERATOR_CODES[operator], number]));
  return [location.length, ...steps, values.length, ...values.flat()];
}

/** Ref: net/netfilter/xt_u32.c:u32_mt() */
export const u32: MatchExtension<U32Options> = {
  kind: 'match',
  name: 'u32',
  families: [4, 6],
  options: [askedOption('u32', 'tests', (argument, context) => new U32Reader(argument, context).read(), { mandatory: true })],
  create: () => ({}),
  save: ({ tests }) => saveAsked('--u32', tests, formatTests),
  print: ({ tests }) => (tests ? ` u32 ${listApart(tests, formatTests)}` : ''),
  lower({ tests }) {
    if (!tests) return [];
    return [ask(TEST_U32, [tests.value.length, ...tests.value.flatMap(testOperands)], tests.invert)];
  },
};
