// h323: control messages (H.245): which channels are opened, and where their media go.

import {
  ACK_CHANNEL_CONTROL_BIT,
  ACK_FORWARD,
  ACK_FORWARD_BIT,
  ACK_FORWARD_H2250,
  ACK_REVERSE,
  ACK_REVERSE_BIT,
  ACK_REVERSE_H2250,
  ACK_REVERSE_MULTIPLEX_BIT,
  ACK_SEPARATE,
  ACK_SEPARATE_BIT,
  CHANNEL_CONTROL,
  CHANNEL_CONTROL_BIT,
  CHANNEL_MEDIA,
  CHANNEL_MEDIA_BIT,
  CHOICE_PART,
  CONTROL_MESSAGE,
  CONTROL_REQUEST,
  CONTROL_RESPONSE,
  OPEN_APPLICATION,
  OPEN_APPLICATION_T120,
  OPEN_DATA_TYPE,
  OPEN_DATA_TYPE_DATA,
  OPEN_FORWARD,
  OPEN_FORWARD_H2250,
  OPEN_REVERSE,
  OPEN_REVERSE_BIT,
  OPEN_REVERSE_H2250,
  OPEN_SEPARATE,
  OPEN_SEPARATE_BIT,
  OPEN_T120_PROTOCOL,
  OPEN_T120_SEPARATE,
  REQUEST_OPEN,
  RESPONSE_OPEN_ACK,
  REVERSE_MULTIPLEX,
  REVERSE_MULTIPLEX_BIT,
  SEPARATE_ADDRESS,
  SEPARATE_LOCAL,
} from '../abi/h323.ts';
import { expectData, expectStream, GOES_ON, IS_DROPPED } from './h323-address.ts';

/**
 * Follows a control message.
 *
 * Returns: GOES_ON or IS_DROPPED.
 * Ref: net/netfilter/nf_conntrack_h323_main.c:process_h245()
 */
export function followControl(env: usize, packet: usize, entry: usize, control: usize): bool {
  const choice = load<u32>(control);
  const part = load<u32>(control, CHOICE_PART);
  if (choice == CONTROL_REQUEST && part == REQUEST_OPEN) return followOpen(env, packet, entry, control + CONTROL_MESSAGE);
  if (choice == CONTROL_RESPONSE && part == RESPONSE_OPEN_ACK) return followOpenAck(env, packet, entry, control + CONTROL_MESSAGE);
  return GOES_ON;
}

/** Expects the media of a channel, and those that control them. Ref: net/netfilter/nf_conntrack_h323_main.c:process_h245_channel() */
function followChannel(env: usize, packet: usize, entry: usize, channel: usize, controlBit: u32): bool {
  const present = load<u32>(channel);
  if (present & CHANNEL_MEDIA_BIT && !expectStream(env, packet, entry, channel + CHANNEL_MEDIA)) return IS_DROPPED;
  if (present & controlBit && !expectStream(env, packet, entry, channel + CHANNEL_CONTROL)) return IS_DROPPED;
  return GOES_ON;
}

/** Follows a choice of parameters if it is one of H.225.0. */
function followChoice(env: usize, packet: usize, entry: usize, choice: usize, wanted: u32): bool {
  if (load<u32>(choice) != wanted) return GOES_ON;
  return followChannel(env, packet, entry, choice + CHOICE_PART, CHANNEL_CONTROL_BIT);
}

/** Follows a request to open a channel. Ref: net/netfilter/nf_conntrack_h323_main.c:process_olc() */
export function followOpen(env: usize, packet: usize, entry: usize, open: usize): bool {
  const present = load<u32>(open);
  if (!followChoice(env, packet, entry, open + OPEN_FORWARD, OPEN_FORWARD_H2250)) return IS_DROPPED;
  if (present & OPEN_REVERSE_BIT && load<u32>(open, OPEN_REVERSE) & REVERSE_MULTIPLEX_BIT) {
    if (!followChoice(env, packet, entry, open + OPEN_REVERSE + REVERSE_MULTIPLEX, OPEN_REVERSE_H2250)) return IS_DROPPED;
  }
  const isT120 =
    load<u32>(open, OPEN_DATA_TYPE) == OPEN_DATA_TYPE_DATA &&
    load<u32>(open, OPEN_APPLICATION) == OPEN_APPLICATION_T120 &&
    load<u32>(open, OPEN_T120_PROTOCOL) == OPEN_T120_SEPARATE;
  return (present & OPEN_SEPARATE_BIT) != 0 && isT120 ? followSeparate(env, packet, entry, open + OPEN_SEPARATE) : GOES_ON;
}

/** Follows the answer to it. Ref: net/netfilter/nf_conntrack_h323_main.c:process_olca() */
function followOpenAck(env: usize, packet: usize, entry: usize, ack: usize): bool {
  const present = load<u32>(ack);
  if (present & ACK_REVERSE_BIT && load<u32>(ack, ACK_REVERSE) & ACK_REVERSE_MULTIPLEX_BIT) {
    if (!followChoice(env, packet, entry, ack + ACK_REVERSE + REVERSE_MULTIPLEX, ACK_REVERSE_H2250)) return IS_DROPPED;
  }
  if (present & ACK_FORWARD_BIT && load<u32>(ack, ACK_FORWARD) == ACK_FORWARD_H2250) {
    const channel = ack + ACK_FORWARD + CHOICE_PART;
    if (!followChannel(env, packet, entry, channel, ACK_CHANNEL_CONTROL_BIT)) return IS_DROPPED;
  }
  return present & ACK_SEPARATE_BIT ? followSeparate(env, packet, entry, ack + ACK_SEPARATE) : GOES_ON;
}

/** Expects the connections of a data channel (T.120), of which there may be several. Ref: net/netfilter/nf_conntrack_h323_main.c:expect_t120() */
function followSeparate(env: usize, packet: usize, entry: usize, separate: usize): bool {
  if (load<u32>(separate, SEPARATE_ADDRESS) != SEPARATE_LOCAL) return GOES_ON;
  return expectData(env, packet, entry, separate + SEPARATE_ADDRESS + CHOICE_PART);
}
