// Which route a flow has: the tables that the host's rules name, in their order. Gives the address of a route record; the record of route 0,
// whose type is RTN_UNSPEC, when there is none.

import {
  HOST_FLAG_RULES4,
  HOST_FLAG_RULES6,
  HOST_FLAGS,
  HOST_IF_GROUP,
  HOST_RULES4,
  HOST_RULES4_COUNT,
  HOST_RULES6,
  HOST_RULES6_COUNT,
  ROUTE_BLACKHOLE,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_PROHIBIT,
  ROUTE_TYPE,
  RULE_ACTION,
  RULE_BLACKHOLE,
  RULE_BYTES,
  RULE_DPORT,
  RULE_DST,
  RULE_DST_MASK,
  RULE_FLAG_NOT,
  RULE_FLAGS,
  RULE_GOTO,
  RULE_IIF,
  RULE_LOOKUP,
  RULE_MARK,
  RULE_MARK_MASK,
  RULE_NOP,
  RULE_NOWHERE,
  RULE_OIF,
  RULE_PROHIBIT,
  RULE_PROTO,
  RULE_REALM,
  RULE_SPORT,
  RULE_SRC,
  RULE_SRC_MASK,
  RULE_SUPPRESS_GROUP,
  RULE_SUPPRESS_LENGTH,
  RULE_TARGET,
  RULE_TOS,
  RULE_TOS_MASK,
  TABLE4_DEFAULT,
  TABLE4_LOCAL,
  TABLE6_LOCAL,
  TABLE6_MAIN,
} from '../abi/host.ts';
import { RTN_THROW } from '../abi/packet.ts';
import { find4, find6, findBack6, hostInterface, pathOf, refuses, routeAt } from './fib.ts';
import {
  FLOW_DPORT,
  FLOW_DST,
  FLOW_FLAG_BACK,
  FLOW_FLAGS,
  FLOW_IIF,
  FLOW_MARK,
  FLOW_OIF,
  FLOW_PACKET,
  FLOW_PROTO,
  FLOW_REALM,
  FLOW_SPORT,
  FLOW_SRC,
  FLOW_TOS,
} from './flow.ts';
import { choosePath6 } from './multipath.ts';

/** Ref: include/net/ip_fib.h:fib_lookup(), net/ipv4/fib_rules.c:__fib_lookup() */
export function lookup4(host: usize, flow: usize): usize {
  store<u32>(flow, 0, FLOW_REALM);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_RULES4) != 0) {
    return byRules(host, flow, host + load<u32>(host, HOST_RULES4), load<u32>(host, HOST_RULES4_COUNT), false);
  }
  const route = find4(host, TABLE4_LOCAL, flow);
  if (route != 0) return route;
  const last = find4(host, TABLE4_DEFAULT, flow);
  return last != 0 ? last : routeAt(host, 0);
}

/** Ref: net/ipv6/fib6_rules.c:fib6_rule_lookup() */
export function lookup6(host: usize, flow: usize): usize {
  store<u32>(flow, 0, FLOW_REALM);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_RULES6) != 0) {
    return byRules(host, flow, host + load<u32>(host, HOST_RULES6), load<u32>(host, HOST_RULES6_COUNT), true);
  }
  const local = table6(host, TABLE6_LOCAL, flow);
  if (local != 0) return local;
  const main = table6(host, TABLE6_MAIN, flow);
  return main != 0 ? main : routeAt(host, 0);
}

function table6(host: usize, table: u32, flow: usize): usize {
  const isBack = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_BACK) != 0;
  const route = isBack ? findBack6(host, table, flow) : find6(host, table, flow);
  if (route == 0 || load<u32>(route, ROUTE_TYPE) == RTN_THROW) return 0;
  return choosePath6(host, flow, route);
}

/** Ref: net/core/fib_rules.c:fib_rules_lookup() */
function byRules(host: usize, flow: usize, rules: usize, count: u32, isIpv6: bool): usize {
  let at: u32 = 0;
  while (at < count) {
    const rule = rules + <usize>at * RULE_BYTES;
    at++;
    if (matches(rule, flow, isIpv6) == ((load<u32>(rule, RULE_FLAGS) & RULE_FLAG_NOT) != 0)) continue;
    const action = load<u32>(rule, RULE_ACTION);
    const target = load<u32>(rule, RULE_TARGET);
    if (action == RULE_GOTO && target != RULE_NOWHERE) at = target;
    if (action == RULE_GOTO || action == RULE_NOP) continue;
    if (action == RULE_BLACKHOLE) return routeAt(host, ROUTE_BLACKHOLE);
    if (action == RULE_PROHIBIT) return routeAt(host, ROUTE_PROHIBIT);
    if (action != RULE_LOOKUP) break;
    if (target == RULE_NOWHERE) continue;
    const route = isIpv6 ? table6(host, target, flow) : find4(host, target, flow);
    if (route == 0 || isSuppressed(host, rule, route, isIpv6)) continue;
    store<u32>(flow, load<u32>(rule, RULE_REALM), FLOW_REALM);
    return route;
  }
  return routeAt(host, 0);
}

/** Whether a rule does not take a route that its table has. Ref: net/ipv4/fib_rules.c:fib4_rule_suppress(), net/ipv6/fib6_rules.c:fib6_rule_suppress() */
function isSuppressed(host: usize, rule: usize, route: usize, isIpv6: bool): bool {
  if (refuses(load<u32>(route, ROUTE_TYPE))) return false;
  if ((load<u32>(route, ROUTE_LENGTH) as i32) <= load<i32>(rule, RULE_SUPPRESS_LENGTH)) return true;
  const group = load<u32>(rule, RULE_SUPPRESS_GROUP);
  if (group == RULE_NOWHERE) return false;
  const device = load<u32>(isIpv6 ? route : pathOf(route, 0), ROUTE_INTERFACE);
  return device != 0 && load<u32>(hostInterface(host, device), HOST_IF_GROUP) == group;
}

/** Ref: net/core/fib_rules.c:fib_rule_match(), net/ipv4/fib_rules.c:fib4_rule_match(), net/ipv6/fib6_rules.c:fib6_rule_match() */
function matches(rule: usize, flow: usize, isIpv6: bool): bool {
  const iif = load<u32>(rule, RULE_IIF);
  if (iif != 0 && iif != load<u32>(flow, FLOW_IIF)) return false;
  const oif = load<u32>(rule, RULE_OIF);
  if (oif != 0 && oif != load<u32>(flow, FLOW_OIF)) return false;
  if (((load<u32>(rule, RULE_MARK) ^ load<u32>(flow, FLOW_MARK)) & load<u32>(rule, RULE_MARK_MASK)) != 0) return false;
  if (((load<u32>(rule, RULE_TOS) ^ load<u32>(flow, FLOW_TOS)) & load<u32>(rule, RULE_TOS_MASK)) != 0) return false;
  const proto = load<u32>(rule, RULE_PROTO);
  if (proto != 0 && proto != load<u32>(flow, FLOW_PROTO)) return false;
  if (!isInRange(load<u32>(rule, RULE_SPORT), load<u32>(flow, FLOW_SPORT))) return false;
  if (!isInRange(load<u32>(rule, RULE_DPORT), load<u32>(flow, FLOW_DPORT))) return false;
  // Without a source no IPv6 rule that asks for one holds, however wide.
  if (isIpv6 && load<u32>(rule, RULE_SRC_MASK) != 0 && load<u32>(flow, FLOW_PACKET) == 0 && !v128.any_true(v128.load(flow + FLOW_SRC))) return false;
  const words: usize = isIpv6 ? 16 : 4;
  for (let at: usize = 0; at < words; at += 4) {
    if (((load<u32>(rule + at, RULE_SRC) ^ load<u32>(flow + at, FLOW_SRC)) & load<u32>(rule + at, RULE_SRC_MASK)) != 0) return false;
    if (((load<u32>(rule + at, RULE_DST) ^ load<u32>(flow + at, FLOW_DST)) & load<u32>(rule + at, RULE_DST_MASK)) != 0) return false;
  }
  return true;
}

/** `range`: first << 16 | last; 0 = any will do. */
function isInRange(range: u32, port: u32): bool {
  return range == 0 || (port >= range >>> 16 && port <= (range & 0xffff));
}
