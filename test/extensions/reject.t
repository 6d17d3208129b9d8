chains INPUT FORWARD OUTPUT
family 4

-j REJECT                                          => -j REJECT --reject-with icmp-port-unreachable
-j REJECT --reject-with icmp-net-unreachable       => same
-j REJECT --reject-with icmp-host-unreachable      => same
-j REJECT --reject-with icmp-proto-unreachable     => same
-j REJECT --reject-with icmp-port-unreachable      => same
-j REJECT --reject-with icmp-net-prohibited        => same
-j REJECT --reject-with icmp-host-prohibited       => same
-j REJECT --reject-with icmp-admin-prohibited      => same
-j REJECT --reject-with admin-prohib               => -j REJECT --reject-with icmp-admin-prohibited
-j REJECT --reject-with Host                       => -j REJECT --reject-with icmp-host-unreachable
-j REJECT --reject-with icmp                       => -j REJECT --reject-with icmp-net-unreachable
-p tcp -j REJECT --reject-with tcp-reset           => same
-p tcp -j REJECT --reject-with tcp-rst             => -p tcp -j REJECT --reject-with tcp-reset

-j REJECT --reject-with nicely                     !! unknown-reject-type @ 25
-j REJECT --reject-with icmp6-no-route             !! unknown-reject-type @ 25
-j REJECT --reject-with tcp-reset                  !! needs-protocol @ 4
-p udp -j REJECT --reject-with tcp-reset           !! needs-protocol @ 11
! -p tcp -j REJECT --reject-with tcp-reset         !! needs-protocol @ 13

family 6
-j REJECT                                          => -j REJECT --reject-with icmp6-port-unreachable
-j REJECT --reject-with icmp6-no-route             => same
-j REJECT --reject-with icmp6-adm-prohibited       => same
-j REJECT --reject-with icmp6-addr-unreachable     => same
-j REJECT --reject-with icmp6-policy-fail          => same
-j REJECT --reject-with icmp6-reject-route         => same
-j REJECT --reject-with no-route                   => -j REJECT --reject-with icmp6-no-route
-j REJECT --reject-with adm                        => -j REJECT --reject-with icmp6-adm-prohibited
-p tcp -j REJECT --reject-with tcp-reset           => same

-j REJECT --reject-with icmp-net-unreachable       !! unknown-reject-type @ 25
-j REJECT --reject-with tcp-reset                  !! needs-protocol @ 4

family 4 6
table mangle
chains PREROUTING FORWARD
-j REJECT                                          !! wrong-table @ 4
