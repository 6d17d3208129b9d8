chains INPUT FORWARD OUTPUT
family 4

-m iprange --src-range 192.0.2.1-192.0.2.9         => same
-m iprange ! --src-range 192.0.2.1-192.0.2.9 --dst-range 203.0.113.0-203.0.113.255 => same
-m iprange --dst-range 192.0.2.7                   => -m iprange --dst-range 192.0.2.7-192.0.2.7
# what is left out is zero
-m iprange --src-range 10.1-10.2                   => -m iprange --src-range 10.1.0.0-10.2.0.0
-m iprange --src-range 010.0.0.1-0x10.0.0.1        => -m iprange --src-range 8.0.0.1-16.0.0.1
-m iprange --src-range 192.0.2.9-192.0.2.1         => same ?? range-backwards

-m iprange                                         !! missing-option @ 4
-m iprange --src-range 192.0.2.1-                  !! bad-address @ 34
-m iprange --src-range 192.0.2.256-192.0.2.300     !! bad-address @ 24, bad-address @ 36
-m iprange --src-range 2001:db8::1-2001:db8::2     !! bad-address @ 24, bad-address @ 36

family 6
-m iprange --src-range 2001:db8::1-2001:db8::ff    => same
-m iprange --dst-range 2001:DB8:0:0::7             => -m iprange --dst-range 2001:db8::7-2001:db8::7
-m iprange ! --dst-range ::-::ffff:192.0.2.1       => same
-m iprange ! --dst-range ::1-::1.2.3.4             => same
-m iprange --dst-range ::9-::1                     => same ?? range-backwards

-m iprange --dst-range 2001:db8::1-2001:db8:::2    !! bad-address @ 36
