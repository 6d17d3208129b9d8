chains INPUT FORWARD OUTPUT

-m pkttype --pkt-type unicast                      => same
-m pkttype ! --pkt-type broadcast                  => same
-m pkttype --pkt-type mcast                        => -m pkttype --pkt-type multicast
-m pkttype --pkt-type BCast                        => -m pkttype --pkt-type broadcast
-m pkttype --pkt-type host                         => -m pkttype --pkt-type unicast
-m pkttype --pkt-type otherhost                    => same

-m pkttype                                         !! missing-option @ 4
-m pkttype --pkt-type outgoing                     !! unknown-packet-type @ 23
