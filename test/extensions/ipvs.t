offline
chains INPUT FORWARD OUTPUT
-m ipvs --ipvs                                     => same
-m ipvs ! --ipvs                                   => same
-m ipvs --vproto TCP --ipvs                        => -m ipvs --vproto 6
-m ipvs ! --vport ssh ! --vportctl 21              => -m ipvs ! --vport 22 ! --vportctl 21
-m ipvs --vdir reply ! --vmethod masq              => -m ipvs --vdir REPLY ! --vmethod MASQ
-m ipvs --vport 65536                              => -m ipvs --vport 0 ?? port-out-of-range

-m ipvs                                            !! missing-option @ 4
-m ipvs ! --ipvs --vdir REPLY                      !! exclusive-options @ 4
-m ipvs --vmethod NAT                              !! unknown-word @ 19
-m ipvs ! --vdir REPLY                             !! not-invertible @ 11
-m ipvs --vproto nonesuch                          !! unknown-protocol @ 18
-m ipvs --vport nonesuch                           !! unknown-port @ 17

family 4
-m ipvs --vaddr 192.0.2.9/255.255.255.0            => -m ipvs --vaddr 192.0.2.9/24
-m ipvs ! --vaddr 192.0.2.9                        => same
family 6
-m ipvs --vaddr 2001:db8::/64                      => same
