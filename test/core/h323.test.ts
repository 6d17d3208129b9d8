import { expect, test } from 'vitest';
import * as abi from '../../assembly/abi/h323.ts';
import { H323_TABLE } from '../../src/core/h323-table.ts';

/** Where kept parts lie, as the core counts on it. Numbers add up along a path. */
const PLACES: readonly (readonly [number, string, ...string[]])[] = [
  [abi.ADDRESS_PLACE, 'TransportAddress.ipAddress', 'TransportAddress.ipAddress.ip'],
  [abi.ADDRESS_PLACE, 'TransportAddress.ip6Address', 'TransportAddress.ip6Address.ip'],
  [abi.CONTROL_ADDRESS_UNICAST, 'H245TransportAddress.unicastAddress'],
  [
    abi.CONTROL_ADDRESS_PLACE,
    'H245TransportAddress.unicastAddress',
    'UnicastAddress.iPAddress',
    'UnicastAddress.iPAddress.network',
  ],
  [
    abi.CONTROL_ADDRESS_PLACE,
    'H245TransportAddress.unicastAddress',
    'UnicastAddress.iP6Address',
    'UnicastAddress.iP6Address.network',
  ],
  [abi.CHANNEL_MEDIA, 'H2250LogicalChannelParameters.mediaChannel'],
  [abi.CHANNEL_CONTROL, 'H2250LogicalChannelParameters.mediaControlChannel'],
  [abi.CHANNEL_MEDIA, 'OpenLogicalChannelAck.forwardMultiplexAckParameters.h2250.mediaChannel'],
  [abi.CHANNEL_CONTROL, 'OpenLogicalChannelAck.forwardMultiplexAckParameters.h2250.mediaControlChannel'],
  [
    abi.OPEN_DATA_TYPE,
    'OpenLogicalChannel.forwardLogicalChannelParameters',
    'OpenLogicalChannel.forwardLogicalChannelParameters.dataType',
  ],
  [
    abi.OPEN_APPLICATION,
    'OpenLogicalChannel.forwardLogicalChannelParameters',
    'OpenLogicalChannel.forwardLogicalChannelParameters.dataType',
    'DataType.data',
    'DataApplicationCapability.application',
  ],
  [
    abi.OPEN_T120_PROTOCOL,
    'OpenLogicalChannel.forwardLogicalChannelParameters',
    'OpenLogicalChannel.forwardLogicalChannelParameters.dataType',
    'DataType.data',
    'DataApplicationCapability.application',
    'DataApplicationCapability.application.t120',
  ],
  [
    abi.OPEN_FORWARD,
    'OpenLogicalChannel.forwardLogicalChannelParameters',
    'OpenLogicalChannel.forwardLogicalChannelParameters.multiplexParameters',
  ],
  [abi.CHOICE_PART, 'OpenLogicalChannel.forwardLogicalChannelParameters.multiplexParameters.h2250'],
  [abi.OPEN_REVERSE, 'OpenLogicalChannel.reverseLogicalChannelParameters'],
  [abi.REVERSE_MULTIPLEX, 'OpenLogicalChannel.reverseLogicalChannelParameters.multiplexParameters'],
  [abi.REVERSE_MULTIPLEX, 'OpenLogicalChannelAck.reverseLogicalChannelParameters.multiplexParameters'],
  [abi.OPEN_SEPARATE, 'OpenLogicalChannel.separateStack'],
  [abi.SEPARATE_ADDRESS, 'NetworkAccessParameters.networkAddress'],
  [abi.OPEN_BYTES, 'FastStart.item'],
  [abi.ACK_REVERSE, 'OpenLogicalChannelAck.reverseLogicalChannelParameters'],
  [abi.ACK_SEPARATE, 'OpenLogicalChannelAck.separateStack'],
  [abi.ACK_FORWARD, 'OpenLogicalChannelAck.forwardMultiplexAckParameters'],
  [abi.CONTROL_MESSAGE, 'MultimediaSystemControlMessage.request', 'MultimediaSystemControlMessage.request.openLogicalChannel'],
  [
    abi.CONTROL_MESSAGE,
    'MultimediaSystemControlMessage.response',
    'MultimediaSystemControlMessage.response.openLogicalChannelAck',
  ],
  [abi.CALL_PRESENT, 'UserInformation.uuPdu'],
  [abi.CALL_BODY, 'UserInformation.uuPdu', 'UserInformation.uuPdu.body'],
  [abi.CALL_BODY_PART, 'UserInformation.uuPdu', 'UserInformation.uuPdu.body', 'UserInformation.uuPdu.body.setup'],
  [abi.CALL_CONTROLS, 'UserInformation.uuPdu', 'UserInformation.uuPdu.h245Control'],
  [abi.CONTROL_BYTES, 'UserInformation.uuPdu.h245Control.item'],
  ...['Setup', 'CallProceeding', 'Connect', 'Alerting', 'Progress'].map(
    (body) => [abi.BODY_CONTROL_ADDRESS, `${body}.h245Address`] as const,
  ),
  ...['CallProceeding', 'Connect', 'Alerting', 'Progress'].map((body) => [abi.BODY_FAST_START, `${body}.fastStart`] as const),
  [abi.SETUP_DESTINATION, 'Setup.destCallSignalAddress'],
  [abi.SETUP_SOURCE, 'Setup.sourceCallSignalAddress'],
  [abi.SETUP_FAST_START, 'Setup.fastStart'],
  [abi.FACILITY_ALTERNATIVE, 'Facility.alternativeAddress'],
  [abi.FACILITY_REASON, 'Facility.reason'],
  [abi.FACILITY_CONTROL_ADDRESS, 'Facility.h245Address'],
  [abi.FACILITY_FAST_START, 'Facility.fastStart'],
  [abi.RAS_ADDRESS, 'RasMessage.gatekeeperConfirm.rasAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.registrationRequest.callSignalAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.gatekeeperRequest.rasAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.unregistrationRequest.callSignalAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.locationRequest.replyAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.infoRequestResponse.rasAddress'],
  [abi.STATUS_CALLS, 'RasMessage.infoRequestResponse.callSignalAddress'],
  [abi.REQUEST_OWN, 'RasMessage.registrationRequest.rasAddress'],
  [abi.ADMISSION_CALLED, 'RasMessage.admissionRequest.destCallSignalAddress'],
  [abi.ADMISSION_CALLER, 'RasMessage.admissionRequest.srcCallSignalAddress'],
  [abi.ADDRESS_BYTES, 'RasMessage.registrationRequest.callSignalAddress.item'],
  [abi.REQUEST_TTL, 'RasMessage.registrationRequest.timeToLive'],
  [abi.CONFIRM_TTL, 'RasMessage.registrationConfirm.timeToLive'],
  [abi.RAS_ADDRESS, 'RasMessage.admissionConfirm.destCallSignalAddress'],
  [abi.RAS_ADDRESS, 'RasMessage.locationConfirm.callSignalAddress'],
];

/** Bits of what may be absent, and numbers of choices. */
const BITS: readonly (readonly [number, string])[] = [
  [abi.ADDRESS_IPV4, 'TransportAddress.ipAddress'],
  [abi.ADDRESS_IPV6, 'TransportAddress.ip6Address'],
  [abi.CONTROL_ADDRESS_IPV4, 'UnicastAddress.iPAddress'],
  [abi.CONTROL_ADDRESS_IPV6, 'UnicastAddress.iP6Address'],
  [abi.CHANNEL_MEDIA_BIT, 'H2250LogicalChannelParameters.mediaChannel'],
  [abi.CHANNEL_CONTROL_BIT, 'H2250LogicalChannelParameters.mediaControlChannel'],
  [abi.CHANNEL_MEDIA_BIT, 'OpenLogicalChannelAck.forwardMultiplexAckParameters.h2250.mediaChannel'],
  [abi.ACK_CHANNEL_CONTROL_BIT, 'OpenLogicalChannelAck.forwardMultiplexAckParameters.h2250.mediaControlChannel'],
  [abi.OPEN_DATA_TYPE_DATA, 'DataType.data'],
  [abi.OPEN_APPLICATION_T120, 'DataApplicationCapability.application.t120'],
  [abi.OPEN_FORWARD_H2250, 'OpenLogicalChannel.forwardLogicalChannelParameters.multiplexParameters.h2250'],
  [abi.OPEN_REVERSE_BIT, 'OpenLogicalChannel.reverseLogicalChannelParameters'],
  [abi.OPEN_REVERSE_H2250, 'OpenLogicalChannel.reverseLogicalChannelParameters.multiplexParameters.h2250'],
  [abi.REVERSE_MULTIPLEX_BIT, 'OpenLogicalChannel.reverseLogicalChannelParameters.multiplexParameters'],
  [abi.OPEN_SEPARATE_BIT, 'OpenLogicalChannel.separateStack'],
  [abi.SEPARATE_LOCAL, 'NetworkAccessParameters.networkAddress.localAreaAddress'],
  [abi.ACK_REVERSE_BIT, 'OpenLogicalChannelAck.reverseLogicalChannelParameters'],
  [abi.ACK_REVERSE_MULTIPLEX_BIT, 'OpenLogicalChannelAck.reverseLogicalChannelParameters.multiplexParameters'],
  [abi.ACK_REVERSE_H2250, 'OpenLogicalChannelAck.reverseLogicalChannelParameters.multiplexParameters.h2250'],
  [abi.ACK_SEPARATE_BIT, 'OpenLogicalChannelAck.separateStack'],
  [abi.ACK_FORWARD_BIT, 'OpenLogicalChannelAck.forwardMultiplexAckParameters'],
  [abi.ACK_FORWARD_H2250, 'OpenLogicalChannelAck.forwardMultiplexAckParameters.h2250'],
  [abi.CONTROL_REQUEST, 'MultimediaSystemControlMessage.request'],
  [abi.CONTROL_RESPONSE, 'MultimediaSystemControlMessage.response'],
  [abi.REQUEST_OPEN, 'MultimediaSystemControlMessage.request.openLogicalChannel'],
  [abi.RESPONSE_OPEN_ACK, 'MultimediaSystemControlMessage.response.openLogicalChannelAck'],
  [abi.CALL_CONTROLS_BIT, 'UserInformation.uuPdu.h245Control'],
  [abi.BODY_SETUP, 'UserInformation.uuPdu.body.setup'],
  [abi.BODY_CALL_PROCEEDING, 'UserInformation.uuPdu.body.callProceeding'],
  [abi.BODY_CONNECT, 'UserInformation.uuPdu.body.connect'],
  [abi.BODY_ALERTING, 'UserInformation.uuPdu.body.alerting'],
  [abi.BODY_FACILITY, 'UserInformation.uuPdu.body.facility'],
  [abi.BODY_PROGRESS, 'UserInformation.uuPdu.body.progress'],
  ...['Setup', 'CallProceeding', 'Connect', 'Alerting', 'Progress'].map(
    (body) => [abi.BODY_CONTROL_ADDRESS_BIT, `${body}.h245Address`] as const,
  ),
  ...['CallProceeding', 'Connect', 'Alerting'].map((body) => [abi.BODY_FAST_START_BIT, `${body}.fastStart`] as const),
  [abi.PROGRESS_FAST_START_BIT, 'Progress.fastStart'],
  [abi.SETUP_DESTINATION_BIT, 'Setup.destCallSignalAddress'],
  [abi.SETUP_SOURCE_BIT, 'Setup.sourceCallSignalAddress'],
  [abi.SETUP_FAST_START_BIT, 'Setup.fastStart'],
  [abi.FACILITY_ALTERNATIVE_BIT, 'Facility.alternativeAddress'],
  [abi.FACILITY_CONTROL_ADDRESS_BIT, 'Facility.h245Address'],
  [abi.FACILITY_FAST_START_BIT, 'Facility.fastStart'],
  [abi.RAS_GATEKEEPER_REQUEST, 'RasMessage.gatekeeperRequest'],
  [abi.RAS_GATEKEEPER_CONFIRM, 'RasMessage.gatekeeperConfirm'],
  [abi.RAS_ADMISSION_REQUEST, 'RasMessage.admissionRequest'],
  [abi.RAS_LOCATION_REQUEST, 'RasMessage.locationRequest'],
  [abi.RAS_STATUS, 'RasMessage.infoRequestResponse'],
  [abi.RAS_REGISTRATION_REQUEST, 'RasMessage.registrationRequest'],
  [abi.RAS_REGISTRATION_CONFIRM, 'RasMessage.registrationConfirm'],
  [abi.RAS_UNREGISTRATION_REQUEST, 'RasMessage.unregistrationRequest'],
  [abi.RAS_ADMISSION_CONFIRM, 'RasMessage.admissionConfirm'],
  [abi.RAS_LOCATION_CONFIRM, 'RasMessage.locationConfirm'],
  [abi.TTL_BIT, 'RasMessage.registrationRequest.timeToLive'],
  [abi.TTL_BIT, 'RasMessage.registrationConfirm.timeToLive'],
];

test('the core knows where what it keeps of an h323 message lies', () => {
  const found = PLACES.map(([, ...path]) => [path.reduce((sum, part) => sum + H323_TABLE.offsets.get(part)!, 0), ...path]);
  expect(found).toEqual(PLACES);
});

test('the core knows which bits and choices of an h323 message stand for what', () => {
  expect(BITS.map(([, path]) => [H323_TABLE.bits.get(path), path])).toEqual(BITS);
});

test('the core has room for what it keeps of an h323 message', () => {
  expect([...H323_TABLE.roots]).toEqual([
    ['RasMessage', abi.ROOT_RAS],
    ['UserInformation', abi.ROOT_USER_INFORMATION],
    ['MultimediaSystemControlMessage', abi.ROOT_CONTROL],
  ]);
  expect([...H323_TABLE.sizes.values()]).toEqual([abi.RAS_BYTES, abi.USER_INFORMATION_BYTES, abi.CONTROL_BYTES]);
  expect(abi.KEPT_CONTROL + abi.CONTROL_BYTES).toBeLessThanOrEqual(abi.H323_KEPT_BYTES);
});
