// What the other rooms see of this one: what rules ask of a packet's way.

import { addressType } from './address-type.ts';
import { pathMtu } from './mtu.ts';
import { redirectAddress, sourceAddress } from './own.ts';
import { realms } from './realm.ts';
import { answersLeaveByInput } from './reverse-path.ts';

export { addressType, answersLeaveByInput, pathMtu, realms, redirectAddress, sourceAddress };
