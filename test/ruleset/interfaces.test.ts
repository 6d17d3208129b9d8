import fc from 'fast-check';
import { expect, test } from 'vitest';
import { universeOf } from '../../src/ruleset/interfaces.ts';

test('names and classes lie in byte order, a class before the names it begins', () => {
  const universe = universeOf(['eth+', 'eth1+', 'lo', '+', 'tun0'], ['eth0', 'eth']);
  expect(universe.names).toEqual(['', '+', 'eth+', 'eth', 'eth0', 'eth1+', 'lo', 'tun0']);
  expect(universe.range('eth+')).toEqual([2, 5]);
  expect(universe.range('eth1+')).toEqual([5, 5]);
  expect(universe.range('lo')).toEqual([6, 6]);
  expect(universe.range('+')).toEqual([0, 7]);
});

test('an unknown name falls into the class with the longest prefix, else into the class of all others', () => {
  const universe = universeOf(['eth+', 'eth1+'], []);
  expect(universe.names[universe.indexOf('eth12')]).toBe('eth1+');
  expect(universe.names[universe.indexOf('eth7')]).toBe('eth+');
  expect(universe.names[universe.indexOf('eth')]).toBe('eth+');
  expect(universe.names[universe.indexOf('wlan0')]).toBe('+');
  expect(universe.indexOf('')).toBe(0);
});

test('a pattern that no rule has is a fault of the program', () => {
  expect(() => universeOf(['eth0'], []).range('eth1')).toThrow('eth1');
});

test('a range holds a name exactly when the pattern matches it as the kernel compares names', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '0'), minLength: 1, maxLength: 4 });
  const pattern = fc.oneof(
    name,
    name.map((prefix) => `${prefix}+`),
    fc.constant('+'),
  );
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1 }),
      fc.array(name),
      fc.array(fc.oneof(name, fc.constant(''))),
      (patterns, host, asked) => {
        const universe = universeOf(patterns, host);
        for (const device of [...host, ...asked]) {
          for (const pattern of patterns) {
            const [low, high] = universe.range(pattern);
            const index = universe.indexOf(device);
            const isMatch = pattern.endsWith('+') ? device.startsWith(pattern.slice(0, -1)) : device === pattern;
            expect(index >= low && index <= high).toBe(isMatch);
          }
        }
      },
    ),
    { seed: 1 },
  );
});
