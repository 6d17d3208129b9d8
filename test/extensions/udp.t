chains INPUT FORWARD OUTPUT

-p udp -m udp                                      => same
-p udp --dport 53                                  => -p udp -m udp --dport 53
-p udp -m udp ! --sport 67:68 ! --dport 53         => same
-p udp -m udp --dport domain                       => -p udp -m udp --dport 53
# a name of any transport protocol will do, and a number is always decimal
-p udp -m udp --dport ssh                          => -p udp -m udp --dport 22
-p udp -m udp --dport 010                          => -p udp -m udp --dport 10
-p udp -m udp --dport tftp:                        => -p udp -m udp --dport 69:65535
-p udp -m udp --dport :tftp                        => -p udp -m udp --dport 0:69
-p udp -m udp --dport :                            => -p udp -m udp
-p udp -m udp ! --sport :                          => -p udp -m udp
-p udp -m udp --dport 9:8                          => same ?? range-backwards
-p udp -m udp --dport 65536                        => -p udp -m udp --dport 0 ?? port-out-of-range
-p udp -m udp --dport 4294967376                   => -p udp -m udp --dport 80 ?? port-out-of-range

-p udp -m udp --dport 0x50                         !! unknown-port @ 23
-p udp -m udp --dport nosuch                       !! unknown-port @ 23
-p udp -m udp --dport 1:2:3                        !! bad-range @ 23
