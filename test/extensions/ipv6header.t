family 6
chains INPUT FORWARD OUTPUT
-m ipv6header --header hop                         => -m ipv6header --header hop-by-hop
-m ipv6header ! --header 60,route,,IPv6-Frag --soft => -m ipv6header ! --header ipv6-opts,ipv6-route,ipv6-frag --soft
-m ipv6header --header prot,none,esp,auth          => -m ipv6header --header ah,esp,ipv6-nonxt,protocol

-m ipv6header                                      !! missing-option @ 4
-m ipv6header --header ,                           !! unknown-header @ 24
-m ipv6header --header frag,41                     !! unknown-header @ 29
-m ipv6header --header ROUTE                       !! unknown-header @ 24
