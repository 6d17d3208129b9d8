chains FORWARD
-m policy --dir in --pol none                      => same
-m policy --dir out                                => -m policy --dir out --pol ipsec
-m policy --pol ipsec --dir in --reqid 1 --spi 0x1f ! --proto esp => -m policy --dir in --pol ipsec --reqid 1 --spi 0x1f ! --proto esp
-m policy --dir out --proto 51 ! --mode tunnel     => -m policy --dir out --pol ipsec --proto ah ! --mode tunnel
-m policy --dir in --strict --mode transport --next --spi 12 --next --proto ipcomp --next ! --reqid 0 => -m policy --dir in --pol ipsec --strict --mode transport --next --spi 0xc --next --proto ipcomp --next ! --reqid 0
-m policy --dir in --pol none --reqid 1            => -m policy --dir in --pol none ?? option-ignored

family 4
-m policy --dir in --mode tunnel --tunnel-src 10.0.0.0/8 ! --tunnel-dst 192.0.2.1 => -m policy --dir in --pol ipsec --mode tunnel ! --tunnel-dst 192.0.2.1 --tunnel-src 10.0.0.0/8
-m policy --dir in --mode tunnel --tunnel-src 10.1/255.0.255.0 => -m policy --dir in --pol ipsec --mode tunnel --tunnel-src 10.0.0.1 ?? mask-ignored
family 6
-m policy --dir in ! --mode transport --tunnel-dst 2001:db8::/32 => -m policy --dir in --pol ipsec ! --mode transport --tunnel-dst 2001:db8::/32
-m policy --dir in --mode tunnel --tunnel-src 2001:db8::1/128 => -m policy --dir in --pol ipsec --mode tunnel --tunnel-src 2001:db8::1
-m policy --dir in --mode tunnel --tunnel-src 10.0.0.1 !! bad-address @ 47

family 4 6
-m policy                                          !! missing-option @ 4
-m policy --pol none                               !! missing-option @ 4
-m policy --dir both                               !! unknown-word @ 17
-m policy --dir in --pol some                      !! unknown-word @ 26
-m policy --dir in --mode beet                     !! unknown-word @ 27
-m policy --dir in --proto tcp                     !! unknown-protocol @ 28
-m policy --dir in --reqid 1 --reqid 2             !! duplicate-option @ 30
-m policy --dir in --reqid 1 --next --reqid 2      !! missing-option @ 30
-m policy --dir in --strict                        !! missing-option @ 4
-m policy --dir in --strict --reqid 1 --next       !! missing-option @ 4
-m policy --dir in --pol none --strict --reqid 1   !! exclusive-options @ 4
-m policy --dir in --strict --reqid 1 --next --spi 1 --next --spi 2 --next --spi 3 --next !! too-many-elements @ 84

family 4
-m policy --dir in --tunnel-src 192.0.2.1          !! missing-option @ 4
-m policy --dir in --mode transport --tunnel-dst 192.0.2.1 !! missing-option @ 4

family 4 6
chains INPUT
-m policy --dir out --pol none                     !! wrong-hook @ 4
chains OUTPUT
-m policy --dir in --pol none                      !! wrong-hook @ 4
-m policy --dir out --pol none                     => same
