chains INPUT FORWARD OUTPUT

-p tcp -m tcp                                      => same
-p tcp -m tcp --dport 80                           => same
-p tcp --dport 80                                  => -p tcp -m tcp --dport 80
-p tcp -m tcp --destination-port 80                => -p tcp -m tcp --dport 80
-p tcp -m tcp --source-port 53                     => -p tcp -m tcp --sport 53
-p tcp -m tcp --dport ssh                          => -p tcp -m tcp --dport 22
-p tcp -m tcp --dport http:https                   => -p tcp -m tcp --dport 80:443
-p tcp -m tcp --dport 0x1f                         => -p tcp -m tcp --dport 31
-p tcp -m tcp --dport 010                          => -p tcp -m tcp --dport 8
-p tcp -m tcp --dport 4:4                          => -p tcp -m tcp --dport 4
-p tcp -m tcp --sport 1024:                        => -p tcp -m tcp --sport 1024:65535
-p tcp -m tcp --sport :1023                        => -p tcp -m tcp --sport 0:1023
# every port: iptables drops the option, and a ! with it
-p tcp -m tcp --sport :                            => -p tcp -m tcp
-p tcp -m tcp ! --dport 0:65535                    => -p tcp -m tcp
-p tcp -m tcp ! --sport 7 ! --dport 8:9            => same
-p tcp -m tcp --dport 8 --sport 7                  => -p tcp -m tcp --sport 7 --dport 8

-p tcp -m tcp --syn                                => -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN
-p tcp -m tcp ! --syn                              => -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN
-p tcp -m tcp --tcp-flags ALL NONE                 => -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE
-p tcp -m tcp --tcp-flags ack,Syn SYN              => -p tcp -m tcp --tcp-flags SYN,ACK SYN
-p tcp -m tcp --tcp-flags URG,,PSH PSH             => -p tcp -m tcp --tcp-flags PSH,URG PSH
-p tcp -m tcp --tcp-flags NONE SYN                 => -p tcp -m tcp ?? unreadable-print
-p tcp -m tcp ! --tcp-flags NONE NONE              => same
-p tcp -m tcp --tcp-option 5                       => same
-p tcp -m tcp ! --tcp-option 255                   => same
-p tcp -m tcp --tcp-flags RST RST --tcp-option 2 --dport 9 => -p tcp -m tcp --dport 9 --tcp-option 2 --tcp-flags RST RST

-p tcp -m tcp --dport 4:3                          !! range-backwards @ 23
-p tcp -m tcp --dport 65536                        !! port-out-of-range @ 23
-p tcp -m tcp --dport 1:70000                      !! port-out-of-range @ 25
-p tcp -m tcp --dport tftp                         !! unknown-port @ 23
-p tcp -m tcp --dport -1                           !! unknown-port @ 23
-p tcp -m tcp --dport 1 --dport 2                  !! duplicate-option @ 25
-p tcp -m tcp --tcp-flags SYN,ECE SYN              !! unknown-tcp-flag @ 31
-p tcp -m tcp --tcp-flags SYN ACKK                 !! unknown-tcp-flag @ 31
-p tcp -m tcp --syn --tcp-flags SYN SYN            !! exclusive-options @ 21
-p tcp -m tcp --tcp-option 0                       !! number-out-of-range @ 28
-p tcp -m tcp --tcp-option 256                     !! number-out-of-range @ 28
-p tcp -m tcp --tcp-option mss                     !! bad-number @ 28
