chains PREROUTING
table mangle
family 4

-p tcp -j TPROXY --on-port 3129                    => -p tcp -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0
-p udp -j TPROXY --tproxy-mark 1 --on-ip 127.1 --on-port domain => -p udp -j TPROXY --on-port 53 --on-ip 127.0.0.1 --tproxy-mark 0x1/0xffffffff
-p tcp -j TPROXY --on-port 0 --on-ip 127.0.0.1 --tproxy-mark 0x1/0xff => same
-p tcp -j TPROXY --on-port 65537 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0 => -p tcp -j TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0 ?? port-out-of-range

-p tcp -j TPROXY                                   !! missing-option @ 11
-p tcp -j TPROXY --on-port nowhere                 !! unknown-port @ 28
-p tcp -j TPROXY --on-port 1 --on-ip ::1           !! bad-address @ 38
-j TPROXY --on-port 1                              !! wrong-protocol @ 4
-p sctp -j TPROXY --on-port 1                      !! wrong-protocol @ 12
! -p tcp -j TPROXY --on-port 1                     !! wrong-protocol @ 13

family 6
-p tcp -j TPROXY --on-port 3129                    => -p tcp -j TPROXY --on-port 3129 --on-ip :: --tproxy-mark 0x0/0x0
-p tcp -j TPROXY --on-port 3129 --on-ip ::1 --tproxy-mark 0x1/0x1 => same

family 4 6
chains INPUT OUTPUT
-p tcp -j TPROXY --on-port 1                       !! wrong-hook @ 11
table filter
-p tcp -j TPROXY --on-port 1                       !! wrong-table @ 11
