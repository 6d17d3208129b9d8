chains INPUT FORWARD OUTPUT
# TCP to port 22: the protocol's byte, the header's length, the port
-m bpf --bytecode "6,48 0 0 9,21 0 3 6,177 0 0 0,72 0 0 2,21 0 1 22,6 0 0 65535" !! bad-bytecode @ 19
-m bpf --bytecode "7,48 0 0 9,21 0 4 6,177 0 0 0,72 0 0 2,21 0 1 22,6 0 0 65535,6 0 0 0" => same
-m bpf --bytecode "1,6 0 0 0,"                     => -m bpf --bytecode "1,6 0 0 0"
-m bpf --bytecode "1, 6 0 0 -1"                    => -m bpf --bytecode "1,6 0 0 4294967295"
-m bpf --bytecode "1,6 0 0 18446744073709551616"    => -m bpf --bytecode "1,6 0 0 4294967295"
-m bpf --bytecode "1,6 0 0 0x10"                   => -m bpf --bytecode "1,6 0 0 0" ?? number-cut
-m bpf --bytecode "3,2 0 0 15,96 0 0 15,22 0 0 0"  => same
-m bpf --bytecode "2,48 0 0 4294963200,6 0 0 1"    => same
-m bpf --bytecode "2,128 0 0 0,22 0 0 0"           => same

-m bpf                                             !! missing-option @ 4
-m bpf --bytecode ""                               !! bad-bytecode @ 19
-m bpf --bytecode 6                                !! bad-bytecode @ 19
-m bpf --bytecode "0,"                             !! bad-bytecode @ 19
-m bpf --bytecode "2,6 0 0 0"                      !! bad-bytecode @ 19
-m bpf --bytecode "1,6 0 0 0,6 0 0 0"              !! bad-bytecode @ 19
-m bpf --bytecode "1,6 0 0"                        !! bad-bytecode @ 19
-m bpf --bytecode "65,6 0 0 0"                     !! bad-bytecode @ 19
# what the kernel does not take: a code, a division, a shift, memory not set, a jump too far, no return
-m bpf --bytecode "2,255 0 0 0,6 0 0 0"            !! bad-bytecode @ 19
-m bpf --bytecode "2,52 0 0 0,6 0 0 0"             !! bad-bytecode @ 19
-m bpf --bytecode "2,100 0 0 32,6 0 0 0"           !! bad-bytecode @ 19
-m bpf --bytecode "2,96 0 0 0,6 0 0 0"             !! bad-bytecode @ 19
-m bpf --bytecode "2,2 0 0 16,6 0 0 0"             !! bad-bytecode @ 19
-m bpf --bytecode "2,21 0 1 6,6 0 0 0"             !! bad-bytecode @ 19
-m bpf --bytecode "2,5 0 0 1,6 0 0 0"              !! bad-bytecode @ 19
-m bpf --bytecode "1,48 0 0 0"                     !! bad-bytecode @ 19
-m bpf --bytecode "2,48 0 0 4294963299,6 0 0 1"    !! bad-bytecode @ 19
-m bpf --bytecode "5,21 0 1 6,2 0 0 3,0 0 0 0,96 0 0 3,22 0 0 0" !! bad-bytecode @ 19
-m bpf --bytecode "1,6 0 0 0" --object-pinned /a   !! exclusive-options @ 31

# taken where the kernel holds such a program
offline
-m bpf --object-pinned /sys/fs/bpf/drop            => same
