// What the h323 helpers know of the messages of H.225.0 and H.245, as their decoder reads them (aligned PER). Comes in: nothing; goes
// out: text that h323-table.ts makes into the decoder's table.
//
//   Name = TYPE                      a type that others refer to by its name
//   sequence { FIELD … }             fields in their order; `name? TYPE` may be absent
//   choice { FIELD … }               one of them
//   list of TYPE, list N of TYPE     any number, of which N are kept
//   octets N, octets N..M, octets    bytes: so many, or with their length ahead; `wide` counts 16-bit characters, `digits` half bytes
//   integer N..M, integer            by its range
//   flag, null, object, bits N, bits N..M, bits
//   open TYPE                        with its length ahead
//   ...                              what was added to a sequence or choice after its first version stands behind
//   *name TYPE                       the helper wants to know it, or something in it
//   name -                           only ever passed over by its length, whatever it is
//   stop                             here the decoder has seen enough; what fields of a sequence's first version stand behind
//                                    it matter only for how many may be absent: `stop 2` says that two of them may be
//
// What is wanted, where the decoder stops, and how many additions it knows is the kernel's choice.
// Ref: ITU-T H.225.0, H.245, X.691; net/netfilter/nf_conntrack_h323_types.c

const COMMON = `
NonStandardIdentifier = choice {
  object object
  h221NonStandard sequence { t35CountryCode integer 0..255, t35Extension integer 0..255, manufacturerCode integer 0..65535, ... }
  ...
}
NonStandardParameter = sequence { identifier NonStandardIdentifier, data octets }

TransportAddress = choice {
  *ipAddress sequence { *ip octets 4, port integer 0..65535 }
  ipSourceRoute sequence {
    ip octets 4, port integer 0..65535, route list of octets 4, routing choice { strict null, loose null, ... }, ...
  }
  ipxAddress sequence { node octets 6, netnum octets 4, port octets 2 }
  *ip6Address sequence { *ip octets 16, port integer 0..65535, ... }
  netBios octets 16
  nsap octets 1..20
  nonStandardAddress NonStandardParameter
  ...
}
AliasAddress = choice {
  dialedDigits digits 1..128
  h323-ID wide 1..256
  ... url-ID - transportID - email-ID - partyNumber - mobileUIM -
}

VendorIdentifier = sequence {
  vendor sequence { t35CountryCode integer 0..255, t35Extension integer 0..255, manufacturerCode integer 0..65535, ... }
  productId? octets 1..256
  versionId? octets 1..256
  ...
}
Caps = sequence { nonStandardData? NonStandardParameter, ... dataRatesSupported - supportedPrefixes - }
SupportedProtocols = choice {
  nonStandardData NonStandardParameter
  h310 Caps, h320 Caps, h321 Caps, h322 Caps, h323 Caps, h324 Caps, voice Caps, t120-only Caps
  ... nonStandardProtocol - t38FaxAnnexbOnly -
}
EndpointType = sequence {
  nonStandardData? NonStandardParameter
  vendor? VendorIdentifier
  gatekeeper? sequence { nonStandardData? NonStandardParameter, ... }
  gateway? sequence { protocol? list of SupportedProtocols, nonStandardData? NonStandardParameter, ... }
  mcu? sequence { nonStandardData? NonStandardParameter, ... protocol - }
  terminal? sequence { nonStandardData? NonStandardParameter, ... }
  mc flag
  undefinedNode flag
  ... set - supportedTunnelledProtocols -
}
CallType = choice { pointToPoint null, oneToN null, nToOne null, nToN null, ... }
`;

const H245 = `
H245NonStandardParameter = sequence {
  identifier choice {
    object object
    h221NonStandard sequence { t35CountryCode integer 0..255, t35Extension integer 0..255, manufacturerCode integer 0..65535 }
  }
  data octets
}

H261VideoCapability = sequence {
  qcifMPI? integer 1..4, cifMPI? integer 1..4, temporalSpatialTradeOff flag, maxBitRate integer 1..19200, stillImageTransmission flag
  ... videoBadMBsCap -
}
H262VideoCapability = sequence {
  p1 flag, p2 flag, p3 flag, p4 flag, p5 flag, p6 flag, p7 flag, p8 flag, p9 flag, p10 flag, p11 flag
  videoBitRate? integer 0..1073741823, vbvBufferSize? integer 0..262143, samplesPerLine? integer 0..16383
  linesPerFrame? integer 0..16383, framesPerSecond? integer 0..15, luminanceSampleRate? integer 0..4294967295
  ... videoBadMBsCap -
}
H263VideoCapability = sequence {
  sqcifMPI? integer 1..32, qcifMPI? integer 1..32, cifMPI? integer 1..32, cif4MPI? integer 1..32, cif16MPI? integer 1..32
  maxBitRate integer 1..192400, unrestrictedVector flag, arithmeticCoding flag, advancedPrediction flag, pbFrames flag
  temporalSpatialTradeOff flag, hrd-B? integer 0..524287, bppMaxKb? integer 0..65535
  ... slowSqcifMPI - slowQcifMPI - slowCifMPI - slowCif4MPI - slowCif16MPI - errorCompensation - enhancementLayerInfo - h263Options -
}
IS11172VideoCapability = sequence {
  constrainedBitstream flag, videoBitRate? integer 0..1073741823, vbvBufferSize? integer 0..262143
  samplesPerLine? integer 0..16383, linesPerFrame? integer 0..16383, pictureRate? integer 0..15
  luminanceSampleRate? integer 0..4294967295
  ... videoBadMBsCap -
}
VideoCapability = choice {
  nonStandard H245NonStandardParameter
  h261 H261VideoCapability, h262 H262VideoCapability, h263 H263VideoCapability, is11172 IS11172VideoCapability
  ... genericVideoCapability -
}
IS11172AudioCapability = sequence {
  layer1 flag, layer2 flag, layer3 flag, sampling32k flag, sampling44k1 flag, sampling48k flag, single flag, two flag
  bitRate integer 1..448
  ...
}
IS13818AudioCapability = sequence {
  layer1 flag, layer2 flag, layer3 flag, s16k flag, s22k05 flag, s24k flag, s32k flag, s44k1 flag, s48k flag
  c1 flag, c2 flag, c21 flag, c30 flag, c2020 flag, c22 flag, c31 flag, c3020 flag, c32 flag
  lowFrequencyEnhancement flag, multilingual flag, bitRate integer 1..1130
  ...
}
AudioCapability = choice {
  nonStandard H245NonStandardParameter
  g711Alaw64k integer 1..256, g711Alaw56k integer 1..256, g711Ulaw64k integer 1..256, g711Ulaw56k integer 1..256
  g722-64k integer 1..256, g722-56k integer 1..256, g722-48k integer 1..256
  g7231 sequence { maxAl-sduAudioFrames integer 1..256, silenceSuppression flag }
  g728 integer 1..256, g729 integer 1..256, g729AnnexA integer 1..256
  is11172 IS11172AudioCapability, is13818 IS13818AudioCapability
  ... g729wAnnexB - g729AnnexAwAnnexB - g7231AnnexC - gsmFullRate - gsmHalfRate - gsmEnhancedFullRate - genericAudio - g729Extensions -
}
DataProtocolCapability = choice {
  nonStandard H245NonStandardParameter
  v14buffered null, v42lapm null, hdlcFrameTunnelling null, h310SeparateVCStack null, h310SingleVCStack null, transparent null
  ... segmentationAndReassembly - hdlcFrameTunnelingwSAR - v120 - separateLANStack - v76wCompression - tcp - udp -
}
T84Profile = choice {
  t84Unrestricted null
  t84Restricted sequence {
    qcif flag, cif flag, ccir601Seq flag, ccir601Prog flag, hdtvSeq flag, hdtvProg flag, mh200x100 flag, mh200x200 flag
    mmr200x100 flag, mmr200x200 flag, j200Seq flag, j200Prog flag, j300Seq flag, j300Prog flag, photoLow flag
    photoMedSeq flag, photoMedProg flag, photoHighSeq flag, photoHighProg flag
    ...
  }
}
DataApplicationCapability = sequence {
  *application choice {
    nonStandard H245NonStandardParameter
    *t120 DataProtocolCapability
    dsm-cc DataProtocolCapability
    userData DataProtocolCapability
    t84 sequence { t84Protocol DataProtocolCapability, t84Profile T84Profile }
    t434 DataProtocolCapability
    h224 DataProtocolCapability
    nlpid sequence { nlpidProtocol DataProtocolCapability, nlpidData octets }
    dsvdControl null
    h222DataPartitioning DataProtocolCapability
    ... t30fax - t140 - t38fax - genericDataCapability -
  }
  maxBitRate integer 0..4294967295
  ...
}
DataType = choice {
  nonStandard H245NonStandardParameter
  nullData null
  videoData VideoCapability
  audioData AudioCapability
  *data DataApplicationCapability
  encryptionData choice { nonStandard H245NonStandardParameter, h233Encryption null, ... }
  ... h235Control - h235Media - multiplexedStream -
}

H222LogicalChannelParameters = sequence {
  resourceID integer 0..65535, subChannelID integer 0..8191, pcr-pid? integer 0..8191
  programDescriptors? octets, streamDescriptors? octets
  ...
}
H223LogicalChannelParameters = sequence {
  adaptationLayerType choice {
    nonStandard H245NonStandardParameter
    al1Framed null, al1NotFramed null, al2WithoutSequenceNumbers null, al2WithSequenceNumbers null
    al3 sequence { controlFieldOctets integer 0..2, sendBufferSize integer 0..16777215 }
    ... al1M - al2M - al3M -
  }
  segmentableFlag flag
  ...
}
V76LogicalChannelParameters = sequence {
  hdlcParameters sequence { crcLength choice { crc8bit null, crc16bit null, crc32bit null, ... }, n401 integer 1..4095, loopback flag, ... }
  suspendResume choice { no null, wAddress null, woAddress null, ... }
  uIH flag
  mode choice {
    eRM sequence { windowSize integer 1..127, recovery choice { rej null, sREJ null, mSREJ null, ... }, ... }
    uNERM null
    ...
  }
  v75Parameters sequence { audioHeaderPresent flag, ... }
  ...
}

UnicastAddress = choice {
  *iPAddress sequence { *network octets 4, tsapIdentifier integer 0..65535, ... }
  iPXAddress sequence { node octets 6, netnum octets 4, tsapIdentifier octets 2, ... }
  *iP6Address sequence { *network octets 16, tsapIdentifier integer 0..65535, ... }
  netBios octets 16
  iPSourceRouteAddress sequence {
    routing choice { strict null, loose null }, network octets 4, tsapIdentifier integer 0..65535, route list of octets 4, ...
  }
  ... nsap - nonStandardAddress -
}
H245TransportAddress = choice {
  *unicastAddress UnicastAddress
  multicastAddress choice {
    iPAddress sequence { network octets 4, tsapIdentifier integer 0..65535, ... }
    iP6Address sequence { network octets 16, tsapIdentifier integer 0..65535, ... }
    ... nsap - nonStandardAddress -
  }
  ...
}
H2250LogicalChannelParameters = sequence {
  nonStandard? list of H245NonStandardParameter
  sessionID integer 0..255
  associatedSessionID? integer 1..255
  *mediaChannel? H245TransportAddress
  mediaGuaranteedDelivery? flag
  *mediaControlChannel? H245TransportAddress
  stop 5
  ...
}
NetworkAccessParameters = sequence {
  distribution? choice { unicast null, multicast null, ... }
  *networkAddress choice {
    q2931Address sequence {
      address choice { internationalNumber digits 1..16, nsapAddress octets 1..20, ... }, subaddress? octets 1..20, ...
    }
    e164Address digits 1..128
    *localAreaAddress H245TransportAddress
    ...
  }
  associateConference flag
  externalReference? octets 1..255
  ... t120SetupProcedure -
}
OpenLogicalChannel = sequence {
  forwardLogicalChannelNumber integer 1..65535
  *forwardLogicalChannelParameters sequence {
    portNumber? integer 0..65535
    *dataType DataType
    *multiplexParameters choice {
      h222 H222LogicalChannelParameters, h223 H223LogicalChannelParameters, v76 V76LogicalChannelParameters
      ... *h2250 H2250LogicalChannelParameters, none -
    }
    ... forwardLogicalChannelDependency - replacementFor -
  }
  *reverseLogicalChannelParameters? sequence {
    dataType DataType
    *multiplexParameters? choice {
      h223 H223LogicalChannelParameters, v76 V76LogicalChannelParameters
      ... *h2250 H2250LogicalChannelParameters
    }
    ... reverseLogicalChannelDependency - replacementFor -
  }
  ... *separateStack NetworkAccessParameters, stop
}
OpenLogicalChannelAck = sequence {
  forwardLogicalChannelNumber integer 1..65535
  *reverseLogicalChannelParameters? sequence {
    reverseLogicalChannelNumber integer 1..65535
    portNumber? integer 0..65535
    *multiplexParameters? choice {
      h222 H222LogicalChannelParameters
      ... *h2250 H2250LogicalChannelParameters
    }
    ... replacementFor -
  }
  ... *separateStack NetworkAccessParameters
  *forwardMultiplexAckParameters choice {
    *h2250 sequence {
      nonStandard? list of H245NonStandardParameter
      sessionID? integer 1..255
      *mediaChannel? H245TransportAddress
      *mediaControlChannel? H245TransportAddress
      dynamicRTPPayloadType? integer 96..127
      ... flowControlToZero - portNumber -
    }
    ...
  }
  stop
}
MultimediaSystemControlMessage = choice {
  *request choice {
    stop, stop, stop
    *openLogicalChannel OpenLogicalChannel
    stop, stop, stop, stop, stop, stop, stop
    ... stop, stop, stop, stop
  }
  *response choice {
    stop, stop, stop, stop, stop
    *openLogicalChannelAck OpenLogicalChannelAck
    stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop
    ... stop, stop, stop, stop, stop
  }
  stop
  stop
  ...
}
`;

const Q931 = `
QseriesOptions = sequence {
  q932Full flag, q951Full flag, q952Full flag, q953Full flag, q955Full flag, q956Full flag, q957Full flag
  q954Info sequence { conferenceCalling flag, threePartyService flag, ... }
  ...
}
FastStart = list 30 of open OpenLogicalChannel

Setup = sequence {
  protocolIdentifier object
  *h245Address? TransportAddress
  sourceAddress? list of AliasAddress
  sourceInfo EndpointType
  destinationAddress? list of AliasAddress
  *destCallSignalAddress? TransportAddress
  destExtraCallInfo? list of AliasAddress
  destExtraCRV? list of integer 0..65535
  activeMC flag
  conferenceID octets 16
  conferenceGoal choice { create null, join null, invite null, ... capability-negotiation - supplementaryService - }
  callServices? QseriesOptions
  callType CallType
  ... *sourceCallSignalAddress TransportAddress
  remoteExtensionAddress - callIdentifier - h245SecurityCapability - tokens - cryptoTokens -
  *fastStart FastStart
  mediaWaitForConnect - canOverlapSend - stop
}
CallProceeding = sequence {
  protocolIdentifier object
  destinationInfo EndpointType
  *h245Address? TransportAddress
  ... callIdentifier - h245SecurityMode - tokens - cryptoTokens -
  *fastStart FastStart
  multipleCalls - maintainConnection - fastConnectRefused - featureSet -
}
Connect = sequence {
  protocolIdentifier object
  *h245Address? TransportAddress
  destinationInfo EndpointType
  conferenceID octets 16
  ... callIdentifier - h245SecurityMode - tokens - cryptoTokens -
  *fastStart FastStart
  multipleCalls - maintainConnection - language - connectedAddress - presentationIndicator - screeningIndicator -
  fastConnectRefused - serviceControl - capacity - featureSet -
}
Alerting = sequence {
  protocolIdentifier object
  destinationInfo EndpointType
  *h245Address? TransportAddress
  ... callIdentifier - h245SecurityMode - tokens - cryptoTokens -
  *fastStart FastStart
  multipleCalls - maintainConnection - alertingAddress - presentationIndicator - screeningIndicator - fastConnectRefused -
  serviceControl - capacity - featureSet -
}
ReleaseCompleteReason = choice {
  noBandwidth null, gatekeeperResources null, unreachableDestination null, destinationRejection null, invalidRevision null
  noPermission null, unreachableGatekeeper null, gatewayResources null, badFormatAddress null, adaptiveBusy null, inConf null
  undefinedReason null
  ... facilityCallDeflection - securityDenied - calledPartyNotRegistered - callerNotRegistered - newConnectionNeeded -
  nonStandardReason - replaceWithConferenceInvite - genericDataReason - neededFeatureNotSupported - tunnelledSignallingRejected -
}
Facility = sequence {
  protocolIdentifier object
  *alternativeAddress? TransportAddress
  alternativeAliasAddress? list of AliasAddress
  conferenceID? octets 16
  *reason choice {
    routeCallToGatekeeper null, callForwarded null, routeCallToMC null, undefinedReason null
    ... conferenceListChoice - startH245 - noH245 - newTokens - featureSetUpdate - forwardedElements - transportedInformation -
  }
  ... callIdentifier - destExtraCallInfo - remoteExtensionAddress - tokens - cryptoTokens - conferences -
  *h245Address TransportAddress
  *fastStart FastStart
  multipleCalls - maintainConnection - fastConnectRefused - serviceControl - circuitInfo - featureSet - destinationInfo -
  h245SecurityMode -
}

SecurityServiceMode = choice { nonStandard NonStandardParameter, none null, default null, ... }
SecurityCapabilities = sequence {
  nonStandard? NonStandardParameter
  encryption SecurityServiceMode, authentication SecurityServiceMode, integrity SecurityServiceMode
  ...
}
ClearToken = sequence {
  tokenOID object
  timeStamp? integer 1..4294967295
  password? wide 1..128
  dhkey? sequence { halfkey bits 0..2048, modSize bits 0..2048, generator bits 0..2048, ... }
  challenge? octets 8..128
  random? integer
  certificate? sequence { type object, certificate octets, ... }
  generalID? wide 1..128
  nonStandard? sequence { identifier object, data octets }
  ... eckasdhkey - sendersID -
}
Params = sequence { ranInt? integer, iv8? octets 8, ... iv16 - }
Hashed = sequence { algorithmOID object, params Params, hash bits }
Encrypted = sequence { algorithmOID object, params Params, data octets }
Signed = sequence { toBeSigned open null, algorithmOID object, params Params, signature bits }
CryptoToken = choice {
  encrypted sequence { tokenOID object, token Encrypted }
  signed sequence { tokenOID object, token Signed }
  hashed sequence { tokenOID object, hashedVals ClearToken, token Hashed }
  pwdEncr Encrypted
  ...
}
CryptoH323Token = choice {
  epPwdHash sequence { alias AliasAddress, timeStamp integer 1..4294967295, token Hashed }
  gkPwdHash sequence { gatekeeperId wide 1..128, timeStamp integer 1..4294967295, token Hashed }
  epPwdEncr Encrypted, gkPwdEncr Encrypted, epCert Signed, gkCert Signed, fastStart Signed
  nested CryptoToken
  ...
}
Progress = sequence {
  protocolIdentifier object
  destinationInfo EndpointType
  *h245Address? TransportAddress
  callIdentifier sequence { guid octets 16, ... }
  h245SecurityMode? choice { nonStandard NonStandardParameter, noSecurity null, tls SecurityCapabilities, ipsec SecurityCapabilities, ... }
  tokens? list of ClearToken
  cryptoTokens? list of CryptoH323Token
  *fastStart? FastStart
  ... multipleCalls - maintainConnection - fastConnectRefused -
}

UserInformation = sequence {
  *uuPdu sequence {
    *body choice {
      *setup Setup
      *callProceeding CallProceeding
      *connect Connect
      *alerting Alerting
      information sequence {
        protocolIdentifier object
        ... callIdentifier - tokens - cryptoTokens - fastStart - fastConnectRefused - circuitInfo -
      }
      releaseComplete sequence {
        protocolIdentifier object
        reason? ReleaseCompleteReason
        ... callIdentifier - tokens - cryptoTokens - busyAddress - presentationIndicator - screeningIndicator - capacity -
        serviceControl - featureSet -
      }
      *facility Facility
      ... *progress Progress
      empty - status - statusInquiry - setupAcknowledge - notify -
    }
    nonStandardData? NonStandardParameter
    ... h4501SupplementaryService - h245Tunneling -
    *h245Control list 4 of open MultimediaSystemControlMessage
    stop
  }
  stop 1
  ...
}
`;

const RAS = `
CallModel = choice { direct null, gatekeeperRouted null, ... }

RasMessage = choice {
  *gatekeeperRequest sequence {
    requestSeqNum integer 1..65535
    protocolIdentifier object
    nonStandardData? NonStandardParameter
    *rasAddress TransportAddress
    stop 3
    ...
  }
  *gatekeeperConfirm sequence {
    requestSeqNum integer 1..65535
    protocolIdentifier object
    nonStandardData? NonStandardParameter
    gatekeeperIdentifier? wide 1..128
    *rasAddress TransportAddress
    ... stop
  }
  stop
  *registrationRequest sequence {
    requestSeqNum integer 1..65535
    protocolIdentifier object
    nonStandardData? NonStandardParameter
    discoveryComplete flag
    *callSignalAddress list 10 of TransportAddress
    *rasAddress list 10 of TransportAddress
    terminalType EndpointType
    terminalAlias? list of AliasAddress
    gatekeeperIdentifier? wide 1..128
    endpointVendor VendorIdentifier
    ... alternateEndpoints -
    *timeToLive integer 1..4294967295
    stop
  }
  *registrationConfirm sequence {
    requestSeqNum integer 1..65535
    protocolIdentifier object
    nonStandardData? NonStandardParameter
    *callSignalAddress list 10 of TransportAddress
    terminalAlias? list of AliasAddress
    gatekeeperIdentifier? wide 1..128
    endpointIdentifier wide 1..128
    ... alternateGatekeeper -
    *timeToLive integer 1..4294967295
    stop
  }
  stop
  *unregistrationRequest sequence {
    requestSeqNum integer 1..65535
    *callSignalAddress list 10 of TransportAddress
    stop 3
    ...
  }
  stop
  stop
  *admissionRequest sequence {
    requestSeqNum integer 1..65535
    callType CallType
    callModel? CallModel
    endpointIdentifier wide 1..128
    destinationInfo? list of AliasAddress
    *destCallSignalAddress? TransportAddress
    destExtraCallInfo? list of AliasAddress
    srcInfo list of AliasAddress
    *srcCallSignalAddress? TransportAddress
    stop 2
    ...
  }
  *admissionConfirm sequence {
    requestSeqNum integer 1..65535
    bandWidth integer 0..4294967295
    callModel CallModel
    *destCallSignalAddress TransportAddress
    stop 2
    ...
  }
  stop, stop, stop, stop, stop, stop, stop
  *locationRequest sequence {
    requestSeqNum integer 1..65535
    endpointIdentifier? wide 1..128
    destinationInfo list of AliasAddress
    nonStandardData? NonStandardParameter
    *replyAddress TransportAddress
    ... stop
  }
  *locationConfirm sequence {
    requestSeqNum integer 1..65535
    *callSignalAddress TransportAddress
    *rasAddress TransportAddress
    stop 1
    ...
  }
  stop
  stop
  *infoRequestResponse sequence {
    nonStandardData? NonStandardParameter
    requestSeqNum integer 1..65535
    endpointType EndpointType
    endpointIdentifier wide 1..128
    *rasAddress TransportAddress
    *callSignalAddress list 10 of TransportAddress
    stop 2
    ...
  }
  stop
  ... stop, stop, stop, stop, stop, stop, stop, stop
}
`;

export const H323_GRAMMAR: string = COMMON + H245 + Q931 + RAS;
