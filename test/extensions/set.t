chains INPUT FORWARD OUTPUT
setup ipset create lan hash:net family inet counters
setup ipset create lan6 hash:net family inet6 counters
setup ipset create ports bitmap:port range 0-1023

-m set --match-set ports src                       => same
-m set ! --match-set ports dst                     => same
-m set --set ports dst                             => -m set --match-set ports dst
-m set --match-set ports src,dst,src,dst,src,dst   => same
# what begins so is taken for it
-m set --match-set ports source,dst                !! unknown-direction @ 26
-m set --match-set ports srcs,dst4                 => -m set --match-set ports src,dst
-m set --return-nomatch --match-set ports src      => -m set --match-set ports src --return-nomatch
-m set --match-set ports src ! --update-counters   => same
-m set --match-set ports src --update-counters     => -m set --match-set ports src
-m set --match-set ports src ! --update-subcounters ! --update-counters => -m set --match-set ports src ! --update-counters ! --update-subcounters
-m set --match-set ports src --bytes-lt 18446744073709551615 ! --packets-eq 0 => -m set --match-set ports src ! --packets-eq 0 --bytes-lt 18446744073709551615
-m set --match-set ports src --packets-gt 0x10     => -m set --match-set ports src --packets-gt 16

-m set                                             !! missing-option @ 4
-m set --match-set ports                           !! missing-argument @ 8
-m set --match-set ports src,                      !! unknown-direction @ 30
-m set --match-set ports src,dst,src,dst,src,dst,src !! too-many-directions @ 50
-m set --match-set a-name-longer-than-31-characters src !! bad-set-name @ 20
-m set --match-set ports src --match-set ports dst !! duplicate-option @ 30
-m set --match-set ports src --packets-eq 1 --packets-lt 2 !! exclusive-options @ 45
-m set --match-set ports src ! --packets-gt 1      !! not-invertible @ 32
-m set --match-set ports src --bytes-eq -1         !! bad-number @ 41
-m set --match-set ports src --bytes-eq 18446744073709551616 !! bad-number @ 41

family 4
-m set --match-set lan src,dst --bytes-eq 3        => same
family 6
-m set --match-set lan6 dst                        => same
