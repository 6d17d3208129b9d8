chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle

-j DSCP --set-dscp 0x0a                            => same
-j DSCP --set-dscp 63                              => -j DSCP --set-dscp 0x3f
-j DSCP --set-dscp-class af11                      => -j DSCP --set-dscp 0x0a
-j DSCP --set-dscp-class EF                        => -j DSCP --set-dscp 0x2e
# what stands behind a class is not looked at
-j DSCP --set-dscp-class CS1x                      => -j DSCP --set-dscp 0x08

-j DSCP                                            !! missing-option @ 4
-j DSCP --set-dscp 64                              !! number-out-of-range @ 20
-j DSCP --set-dscp EF                              !! bad-number @ 20
-j DSCP --set-dscp-class AF14                      !! unknown-dscp-class @ 26
-j DSCP --set-dscp 1 --set-dscp-class EF           !! exclusive-options @ 22

table filter
chains INPUT
-j DSCP --set-dscp 1                               !! wrong-table @ 4
