chains INPUT FORWARD OUTPUT
family 4

-j TEE --gateway 192.0.2.9                         => same
-j TEE --gateway 10.1                              => -j TEE --gateway 10.0.0.1
-j TEE --oif eth0 --gateway 192.0.2.9              => -j TEE --gateway 192.0.2.9 --oif eth0
-j TEE --gateway 192.0.2.9 --oif abcdefghijklmnopq => -j TEE --gateway 192.0.2.9 --oif abcdefghijklmno ?? text-cut

-j TEE                                             !! missing-option @ 4
-j TEE --gateway 0.0.0.0                           !! bad-address @ 18
-j TEE --gateway 192.0.2.9/24                      !! bad-address @ 18
-j TEE ! --gateway 192.0.2.9                       !! not-invertible @ 10

family 6
-j TEE --gateway 2001:db8::9 --oif eth0            => same
-j TEE --gateway ::                                !! bad-address @ 18
-j TEE --gateway 192.0.2.9                         !! bad-address @ 18
