chains INPUT FORWARD OUTPUT

-j SECMARK --selctx system_u:object_r:web_packet_t:s0 !! wrong-table @ 4
table security
-j SECMARK                                         !! missing-option @ 4

# which contexts there are is a matter of the machine's policy
offline
-j SECMARK --selctx system_u:object_r:web_packet_t:s0 => same
-j SECMARK --selctx "a b"                          => -j SECMARK --selctx a b ?? unreadable-print
