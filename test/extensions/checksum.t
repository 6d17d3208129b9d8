chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle

-j CHECKSUM --checksum-fill                        => same
-p udp -j CHECKSUM --checksum-f                    => -p udp -j CHECKSUM --checksum-fill

-j CHECKSUM                                        !! missing-option @ 4

table filter
chains OUTPUT
-j CHECKSUM --checksum-fill                        !! wrong-table @ 4
