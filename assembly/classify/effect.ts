// What a matching item does to the packet besides counting and deciding.

import { ENV_LOG, ENV_STATE } from '../abi/batch.ts';
import { MANIP_DST, MANIP_SRC } from '../abi/flow.ts';
import { RECORD_KIND_TARGET } from '../abi/log.ts';
import {
  CONNECTION_ACTIONS,
  CONNECTION_ACTIONS_END,
  ACTION_CONNMARK,
  ACTION_CONTINUE,
  ACTION_ECN,
  ACTION_LOG,
  ACTION_MARK,
  ACTION_NOTRACK,
  ACTION_DNPT,
  ACTION_SNPT,
  NAT_ACTIONS,
  NAT_ACTIONS_END,
  ACTION_SET,
  ACTION_RATEEST,
  ACTION_TCPMSS,
  ACTION_TCPOPTSTRIP,
  ACTION_TEE,
  ACTION_TOS,
  ACTION_TRACE,
  ACTION_TTL,
  ACTION_VERDICT,
} from '../abi/opcode.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { sendCopy } from '../hooks/tee.ts';
import { countInEstimator } from '../match/estimator.ts';
import { spoil } from '../journey/recorder.ts';
import { actOnConnection } from './connection.ts';
import { changeConnmark } from '../target/connmark.ts';
import { setMark, setTrace } from '../target/mark.ts';
import { untrack } from '../target/ct.ts';
import { changeSets } from '../target/set.ts';
import { translateTo } from '../target/nat.ts';
import { changePrefix } from '../target/npt.ts';
import { setMss, stripOptions } from '../target/tcp-options.ts';
import { changeTos, setEcn } from '../target/tos.ts';
import { changeTtl } from '../target/ttl.ts';
import { writeRecord } from '../wire/log.ts';

/**
 * Carries out an action other than a verdict. CONTINUE does nothing.
 *
 * Returns: VERDICT_NONE when the packet goes on in the chain, else the verdict that the target gives it.
 */
export function carryOut(env: usize, packet: usize, action: u32, operands: usize): u32 {
  if (!isSpared(env, action)) spoil(packet);
  if (action >= NAT_ACTIONS && action < NAT_ACTIONS_END) return translate(env, packet, action, operands);
  if (action >= CONNECTION_ACTIONS && action < CONNECTION_ACTIONS_END) return actOnConnection(env, packet, action, operands);
  switch (action) {
    case ACTION_MARK:
      setMark(packet, load<u32>(operands), load<u32>(operands, 4));
      break;
    case ACTION_CONNMARK:
      changeConnmark(packet, operands);
      break;
    case ACTION_NOTRACK:
      untrack(packet);
      break;
    case ACTION_RATEEST:
      countInEstimator(env, packet, <usize>load<u32>(env, ENV_STATE) + load<u32>(operands));
      break;
    case ACTION_TRACE:
      setTrace(packet);
      break;
    case ACTION_TOS:
      changeTos(env, packet, load<u32>(operands), load<u32>(operands, 4));
      break;
    case ACTION_ECN:
      return setEcn(env, packet, load<u32>(operands), load<u32>(operands, 4), load<u32>(operands, 8));
    case ACTION_TTL:
      changeTtl(env, packet, load<u32>(operands), load<u32>(operands, 4));
      break;
    case ACTION_TCPMSS:
      return setMss(env, packet, load<u32>(operands));
    case ACTION_TCPOPTSTRIP:
      return stripOptions(env, packet, operands);
    case ACTION_TEE:
      return sendCopy(env, packet, operands);
    case ACTION_SET:
      changeSets(env, packet, operands);
      break;
    case ACTION_LOG:
      writeRecord(env, packet, RECORD_KIND_TARGET, load<u32>(operands));
      break;
  }
  return VERDICT_NONE;
}

/**
 * Whether a packet that goes the same way may be spared the action: it changes marks as they and the tests say, which are the same then (what
 * it leaves the connection's mark at is looked at behind the journey), or writes to a log that is not kept.
 */
function isSpared(env: usize, action: u32): bool {
  switch (action) {
    case ACTION_VERDICT:
    case ACTION_CONTINUE:
    case ACTION_MARK:
    case ACTION_CONNMARK:
      return true;
    case ACTION_LOG:
      return load<u32>(env, ENV_LOG) == 0;
    default:
      return false;
  }
}

function translate(env: usize, packet: usize, action: u32, operands: usize): u32 {
  if (action == ACTION_SNPT) return changePrefix(env, packet, operands, MANIP_SRC);
  if (action == ACTION_DNPT) return changePrefix(env, packet, operands, MANIP_DST);
  return translateTo(env, packet, action, operands);
}
