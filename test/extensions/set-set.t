chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle
family 4
setup ipset create guests hash:ip
setup ipset create doors hash:ip,port,ip

-j SET --add-set guests src                        => same
-j SET --del-set doors src,dst,dst                 => same
-j SET --timeout 60 --exist --add-set guests src   => -j SET --add-set guests src --exist --timeout 60
-j SET --add-set guests src --timeout 5 --timeout 6 --exist --exist => -j SET --add-set guests src --exist --timeout 6
-j SET --map-mark --map-set guests src --del-set guests dst --add-set doors src,src,src => -j SET --add-set doors src,src,src --del-set guests dst --map-set guests src --map-mark
# what begins so is taken for it, and the number of dimensions is nobody's concern here
-j SET --add-set guests source,dst                 !! unknown-direction @ 25
-j SET --add-set guests src4,dst6,src,src,src,dst  => -j SET --add-set guests src,dst,src,src,src,dst
-j SET ! --add-set guests src                      => -j SET --add-set guests src ?? negation-ignored

-j SET                                             !! missing-option @ 4
-j SET --exist                                     !! missing-option @ 8
-j SET --del-set guests src --timeout 5            !! missing-option @ 29
-j SET --add-set guests src --map-mark             !! missing-option @ 29
-j SET --map-set guests src                        !! missing-option @ 4
-j SET --add-set guests                            !! missing-argument @ 8
-j SET --add-set guests SRC                        !! unknown-direction @ 25
-j SET --add-set guests src,                       !! unknown-direction @ 29
-j SET --add-set guests src,src,src,src,src,src,src !! too-many-directions @ 49
-j SET --add-set guests src --add-set guests dst   !! duplicate-option @ 29
-j SET --add-set guests src --timeout 4294967295   !! number-out-of-range @ 39
-j SET --add-set abcdefghijklmnopqrstuvwxyz012345 src !! bad-set-name @ 18

chains FORWARD OUTPUT POSTROUTING
-j SET --map-set guests src --map-prio --map-queue => same
chains PREROUTING INPUT
-j SET --map-set guests src --map-prio             !! wrong-hook @ 4
table filter
chains FORWARD
-j SET --map-set guests src --map-mark             !! wrong-table @ 4
-j SET --add-set guests src                        => same
