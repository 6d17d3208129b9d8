chains PREROUTING FORWARD OUTPUT
table mangle

-j CONNMARK --set-mark 1                           => -j CONNMARK --set-xmark 0x1/0xffffffff
-j CONNMARK --set-xmark 0x1/0xff                   => same
-j CONNMARK --set-mark 0x10/0xf                    => -j CONNMARK --set-xmark 0x10/0x1f
-j CONNMARK --and-mark 0xff                        => -j CONNMARK --set-xmark 0x0/0xffffff00
-j CONNMARK --or-mark 4                            => -j CONNMARK --set-xmark 0x4/0x4
-j CONNMARK --xor-mark 4                           => -j CONNMARK --set-xmark 0x4/0x0
-j CONNMARK --save-mark                            => -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff
-j CONNMARK --restore-mark --mask 0xff             => -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
-j CONNMARK --restore-mark --ctmask 1 --nfmask 2   => -j CONNMARK --restore-mark --nfmask 0x2 --ctmask 0x1
-j CONNMARK --save-mark --ctmask 3                 => -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0x3
# a mask given behind takes the place of the value's own
-j CONNMARK --set-mark 1/0xf --ctmask 0xf0         => -j CONNMARK --set-xmark 0x1/0xf0
-j CONNMARK --mask 0xf0 --set-mark 1/0xf           => -j CONNMARK --set-xmark 0x1/0xf

-j CONNMARK                                        !! missing-option @ 4
-j CONNMARK --mask 1                               !! missing-option @ 4
-j CONNMARK --save-mark --restore-mark             !! exclusive-options @ 25
-j CONNMARK --save-mark --mask 1 --nfmask 2        !! exclusive-options @ 34
# the shift given last counts, and none that is 0 prints
-j CONNMARK --save-mark --left-shift-mark 8        => -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 8
-j CONNMARK --restore-mark --right-shift-mark 0x1f => -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --right-shift-mark 31
-j CONNMARK --set-xmark 0x1/0xff --left-shift-mark 4 => same
-j CONNMARK --left-shift-mark 1 --set-mark 1 --right-shift-mark 2 => -j CONNMARK --set-xmark 0x1/0xffffffff --right-shift-mark 2
-j CONNMARK --set-xmark 0x1/0xff --left-shift-mark 0 => -j CONNMARK --set-xmark 0x1/0xff
-j CONNMARK --left-shift-mark 1                    !! missing-option @ 4
-j CONNMARK --save-mark --left-shift-mark 32       !! number-out-of-range @ 43
