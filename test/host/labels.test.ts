import { expect, test } from 'vitest';
import { readSnapshot, readYaml } from './reading.ts';

test('labels have names in a host file, and in a folder as connlabel.conf gives them', () => {
  const yaml = readYaml('labels: { customers: 5, guests: 0x7f }\n');
  expect([yaml.messages, [...yaml.host!.kernel.labels]]).toEqual([
    '',
    [
      ['customers', 5],
      ['guests', 127],
    ],
  ]);
  const text = '# labels of connections\n\n5\tcustomers # by contract\n 127  guests\n';
  const folder = readSnapshot({ 'connlabel.conf': text });
  expect([folder.messages, [...folder.host!.kernel.labels]]).toEqual(['', [...yaml.host!.kernel.labels]]);
});

test('what is no label is refused at its place', () => {
  expect(readYaml('labels: { customers: 128, guests: }\n').said).toEqual([
    'error: a label has a number from 0 to 127, not "128" [bad-label]',
    'error: a label has a number from 0 to 127, not "" [bad-label]',
  ]);
  expect(readYaml('labels: 5\n').said).toEqual(['error: labels is a mapping from names to numbers [bad-host]']);
  expect(readSnapshot({ 'connlabel.conf': '5\n6 a b\n7 guests\n8 guests\n' }).said).toEqual([
    'error: expected the number of a label and its name [bad-label]',
    'error: expected the number of a label and its name [bad-label]',
    'error: "guests" has a number already [duplicate-label]',
  ]);
});

test('ports of helpers other than the usual ones are refused', () => {
  expect(readYaml('modules: { nf_conntrack_ftp: { ports: 21 } }\n').said).toEqual([]);
  expect(
    readYaml('modules: { nf_conntrack_ftp: { ports: "21,2121" } }\n').messages,
  ).toBe(`host.yaml:1:39: error: helpers of other ports than 21 are not modelled: expected "ports: 21", or none [not-modelled]
    1 | modules: { nf_conntrack_ftp: { ports: "21,2121" } }
      |                                       ^~~~~~~~~
`);
});
