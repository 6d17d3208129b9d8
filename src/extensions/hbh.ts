// -m hbh: the hop-by-hop options header of an IPv6 packet.

import { optionsHeader } from './dst.ts';

export const hbh = optionsHeader('hbh');
