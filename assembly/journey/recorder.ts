// Takes note of a packet's journey: what of the packet was asked for, and which counters moved. Comes in: a packet that may have a recorder
// (PACKET_RECORDER); goes out: a journey (abi/journey.ts), unless something happened that a later packet cannot be spared.
//
// The rule for all who ask something of a packet, or do something to it: what reads a word of its record says so by one of asks…();
// what reads anything else, or has any effect that is not a counter's, says so by spoil().

import {
  JOURNEY_BITS_MASK,
  JOURNEY_ID_COUNT,
  JOURNEY_IDS,
  JOURNEY_IDS_MAX,
  JOURNEY_LENGTH_MAX,
  JOURNEY_LENGTH_MIN,
  JOURNEY_TTL_MAX,
  JOURNEY_TTL_MIN,
  RECORDER_TTL,
} from '../abi/journey.ts';
import {
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAGS,
  PACKET_FRAG_OFFSET,
  PACKET_LENGTH,
  PACKET_PKTTYPE,
  PACKET_RECORDER,
  PACKET_TCP_FLAGS,
  PACKET_TOS,
  PACKET_TTL,
} from '../abi/packet.ts';

/** Whether note is taken of the packet's journey. */
export function isRecorded(packet: usize): bool {
  return load<u32>(packet, PACKET_RECORDER) != 0;
}

/** Says that the packet's journey is none that can be remembered. */
export function spoil(packet: usize): void {
  store<u32>(packet, 0, PACKET_RECORDER);
}

/** Says that bits of a word of the record were asked for. */
// @ts-ignore: decorator
@inline
export function asksBits(packet: usize, field: u32, mask: u32): void {
  const recorder: usize = load<u32>(packet, PACKET_RECORDER);
  if (recorder != 0) noteBits(packet, recorder, field, mask);
}

function noteBits(packet: usize, recorder: usize, field: u32, mask: u32): void {
  switch (field) {
    case PACKET_TCP_FLAGS:
      return addBits(recorder, mask & 0xff);
    case PACKET_TOS:
      return addBits(recorder, (mask & 0xff) << 8);
    case PACKET_LENGTH:
    case PACKET_TTL: {
      const value = load<u32>(packet + field);
      return narrow(packet, recorder, field, value, value);
    }
    case PACKET_FLAGS:
      // The others are the same for all packets that take the short way, or belong to the place.
      if ((mask & (PACKET_FLAG_DF | PACKET_FLAG_CUT)) != 0) spoil(packet);
      return;
    default:
      if (!isSettled(field)) spoil(packet);
  }
}

/** Says that it was asked whether a word of the record is from `low` to `high`; with `high` below `low`: from there on, or up to there. */
// @ts-ignore: decorator
@inline
export function asksRange(packet: usize, field: u32, low: u32, high: u32): void {
  const recorder: usize = load<u32>(packet, PACKET_RECORDER);
  if (recorder != 0) noteRange(packet, recorder, field, low, high);
}

function noteRange(packet: usize, recorder: usize, field: u32, low: u32, high: u32): void {
  if (field != PACKET_LENGTH && field != PACKET_TTL) return noteBits(packet, recorder, field, ~0);
  // Then it was asked as well whether it is between them.
  if (high + 1 == low) return;
  if (high < low) return noteRange(packet, recorder, field, high + 1, low - 1);
  const value = load<u32>(packet + field);
  if (value < low) narrow(packet, recorder, field, 0, low - 1);
  else if (value > high) narrow(packet, recorder, field, high + 1, ~0);
  else narrow(packet, recorder, field, low, high);
}

/** Says that a counter has counted the packet. */
export function counts(packet: usize, id: u32): void {
  const recorder: usize = load<u32>(packet, PACKET_RECORDER);
  if (recorder == 0) return;
  const count = load<u32>(recorder, JOURNEY_ID_COUNT);
  if (count == JOURNEY_IDS_MAX) return spoil(packet);
  store<u32>(recorder + (<usize>count << 2), id, JOURNEY_IDS);
  store<u32>(recorder, count + 1, JOURNEY_ID_COUNT);
}

function addBits(recorder: usize, mask: u32): void {
  store<u16>(recorder, <u16>(load<u16>(recorder, JOURNEY_BITS_MASK) | mask), JOURNEY_BITS_MASK);
}

/** Narrows the lengths or times to live of the journey; those of the packet in hand may have become less on its way. */
function narrow(packet: usize, recorder: usize, field: u32, low: u32, high: u32): void {
  const gone = field == PACKET_TTL ? load<u32>(recorder, RECORDER_TTL) - load<u32>(packet, PACKET_TTL) : 0;
  const least = recorder + (field == PACKET_TTL ? JOURNEY_TTL_MIN : JOURNEY_LENGTH_MIN);
  const most = recorder + (field == PACKET_TTL ? JOURNEY_TTL_MAX : JOURNEY_LENGTH_MAX);
  store<u32>(least, max(load<u32>(least), low == 0 ? 0 : low + gone));
  store<u32>(most, min(load<u32>(most), high >= ~gone ? ~0 : high + gone));
}

/** Words that are the same for all packets of a direction of a connection, given the place, the state and the mark. */
function isSettled(field: u32): bool {
  return field < PACKET_TCP_FLAGS || (field > PACKET_TTL && field <= PACKET_PKTTYPE) || field == PACKET_FRAG_OFFSET;
}
