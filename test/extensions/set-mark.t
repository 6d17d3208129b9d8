chains PREROUTING FORWARD OUTPUT
table mangle

-j MARK --set-xmark 0xfeed/0xffff                  => same
-j MARK --set-xmark 7                              => -j MARK --set-xmark 0x7/0xffffffff
-j MARK --set-mark 1                               => -j MARK --set-xmark 0x1/0xffffffff
-j MARK --set-mark 0x10/0xf                        => -j MARK --set-xmark 0x10/0x1f
-j MARK --and-mark 0xff                            => -j MARK --set-xmark 0x0/0xffffff00
-j MARK --or-mark 0x80000000                       => -j MARK --set-xmark 0x80000000/0x80000000
-j MARK --xor-mark 3                               => -j MARK --set-xmark 0x3/0x0

-j MARK                                            !! missing-option @ 4
-j MARK --set-mark 1 --or-mark 2                   !! exclusive-options @ 22
-j MARK --and-mark 1/2                             !! bad-number @ 20
-j MARK --set-mark 0x100000000                     !! number-out-of-range @ 20
