chains INPUT FORWARD OUTPUT

-j LOG                                             => same
-j LOG --log-prefix "dropped: "                    => same
-j LOG --log-prefix dropped                        => same
-j LOG --log-level debug                           => -j LOG --log-level 7
-j LOG --log-level warning                         => -j LOG
-j LOG --log-level panic                           => -j LOG --log-level 0
-j LOG --log-level error                           => -j LOG --log-level 3
-j LOG --log-level 0x5                             => -j LOG --log-level 5
-j LOG --log-macdecode --log-uid --log-ip-options --log-tcp-options --log-tcp-sequence --log-level 1 --log-prefix x => -j LOG --log-prefix x --log-level 1 --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode
-j LOG --log-prefix "a prefix of more than twenty-nine bytes" => -j LOG --log-prefix "a prefix of more than twenty-" ?? text-cut

-j LOG --log-level 8                               !! unknown-log-level @ 20
-j LOG --log-level err                             !! unknown-log-level @ 20
-j LOG --log-prefix ""                             !! bad-prefix @ 21
-j LOG --log-uid --log-uid                         !! duplicate-option @ 18
