chains FORWARD OUTPUT POSTROUTING
table mangle

-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu => same
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1400 => same
-p tcp -m tcp --tcp-flags ALL ACK,SYN -j TCPMSS --set-mss 0 => -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG SYN,ACK -j TCPMSS --set-mss 0
# the option given last counts
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu --set-mss 5 => -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 5

-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS        !! missing-option @ 38
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 65516 !! number-out-of-range @ 55
-p tcp -j TCPMSS --set-mss 1400                    !! needs-syn @ 11
-p tcp -m tcp ! --syn -j TCPMSS --set-mss 1400     !! needs-syn @ 26
-p tcp -m tcp --tcp-flags SYN NONE -j TCPMSS --set-mss 1400 !! needs-syn @ 39
-j TCPMSS --set-mss 1400                           !! wrong-protocol @ 4
! -p tcp -j TCPMSS --set-mss 1400                  !! wrong-protocol @ 13

family 4
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 65515 => same
family 6
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 65495 => same
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 65496 !! number-out-of-range @ 55

family 4 6
chains PREROUTING INPUT
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1400 => same
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu !! wrong-hook @ 38
table filter
chains INPUT
-p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1400 => same
