// What `list` and `save` print.

import type { IpsetCollection } from './collection.ts';
import type { Faults } from './fault.ts';
import { printList, printSave } from './print.ts';
import type { Session } from './session.ts';

/** Prints one set or all, in the form that the command and its options ask for. */
export function listSets(
  collection: IpsetCollection,
  command: 'list' | 'save',
  session: Session,
  only: number | undefined,
  isUsed: (name: string) => boolean,
  faults: Faults,
): string {
  const mode = session.mode ?? (command === 'save' ? 'save' : 'plain');
  if (mode === 'xml') {
    faults.fail('not-supported', 'sets are printed plain or as save does, not as XML');
    return '';
  }
  if (mode === 'save') return printSave(collection, session, only);
  const sets = [...collection.sets()].filter(({ index }) => only === undefined || index === only);
  if (session.namesOnly) return sets.map(({ name }) => `${name}\n`).join('');
  return sets
    .map((one) => printList(collection, one, collection.references(one.index) + (isUsed(one.name) ? 1 : 0), session))
    .join('\n');
}
