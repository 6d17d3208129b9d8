chains INPUT FORWARD OUTPUT

-m conntrack --ctstate ESTABLISHED,RELATED         => -m conntrack --ctstate RELATED,ESTABLISHED
-m conntrack ! --ctstate NEW                       => same
-m conntrack --ctstate DNAT,SNAT,UNTRACKED,NEW,INVALID => -m conntrack --ctstate INVALID,NEW,UNTRACKED,SNAT,DNAT
-m conntrack --ctstate est,Rel                     => -m conntrack --ctstate RELATED,ESTABLISHED
-m conntrack --ctstate n                           => -m conntrack --ctstate NEW
-m conntrack --ctproto tcp                         => -m conntrack --ctproto 6
-m conntrack ! --ctproto 0                         => same
-m conntrack --ctproto icmpv6                      => -m conntrack --ctproto 58
-m conntrack --ctorigsrcport 80                    => same
-m conntrack --ctorigdstport 80:                   => -m conntrack --ctorigdstport 80:65535
-m conntrack --ctreplsrcport :80                   => -m conntrack --ctreplsrcport 0:80
-m conntrack ! --ctrepldstport ssh:http            => -m conntrack ! --ctrepldstport 22:80
-m conntrack --ctorigdstport 9:7                   => same ?? range-backwards
-m conntrack --ctorigdstport 9:0                   => -m conntrack --ctorigdstport 9 ?? range-backwards
-m conntrack --ctstatus ASSURED,EXPECTED           => -m conntrack --ctstatus EXPECTED,ASSURED
-m conntrack --ctstatus none                       => -m conntrack --ctstatus NONE
-m conntrack --ctstatus NONE,SEEN                  => -m conntrack --ctstatus SEEN_REPLY
-m conntrack ! --ctstatus CONFIRMED                => same
-m conntrack --ctexpire 60                         => same
-m conntrack ! --ctexpire 60:3600                  => same
-m conntrack --ctexpire :60                        => -m conntrack --ctexpire 0:60
-m conntrack --ctexpire 60:                        => -m conntrack --ctexpire 60:4294967295
-m conntrack --ctexpire 9:7                        => same ?? range-backwards
-m conntrack --ctdir original                      => -m conntrack --ctdir ORIGINAL
-m conntrack --ctdir REPLY                         => same
-m conntrack --ctdir REPLY --ctexpire 9 --ctstatus ASSURED --ctproto 17 --ctstate NEW => -m conntrack --ctstate NEW --ctproto 17 --ctstatus ASSURED --ctexpire 9 --ctdir REPLY

-m conntrack                                       !! missing-option @ 4
-m conntrack --ctstate OPEN                        !! unknown-state @ 24
-m conntrack --ctstate NEW,,INVALID                !! unknown-state @ 28
-m conntrack --ctstate NEW --ctstate NEW           !! duplicate-option @ 28
-m conntrack --ctproto nosuch                      !! unknown-protocol @ 24
-m conntrack --ctproto 256                         !! unknown-protocol @ 24
-m conntrack ! --ctstatus NONE --ctproto 0         !! never-matches @ 42
-m conntrack --ctstatus OPEN                       !! unknown-status @ 25
-m conntrack --ctexpire 1:2:3                      !! bad-range @ 25
-m conntrack --ctexpire 4294967296                 !! number-out-of-range @ 25
-m conntrack --ctdir back                          !! unknown-direction @ 22
-m conntrack ! --ctdir REPLY                       !! not-invertible @ 16
-m conntrack --state NEW                           !! missing-option @ 4, unknown-option @ 14

family 4
-m conntrack --ctorigsrc 192.0.2.1                 => same
-m conntrack --ctorigdst 192.0.2.1/32              => -m conntrack --ctorigdst 192.0.2.1
# host bits are kept
-m conntrack --ctreplsrc 192.0.2.1/24              => same
-m conntrack ! --ctrepldst 192.0.2.1/0             => same
-m conntrack --ctorigsrc 10.1                      => -m conntrack --ctorigsrc 10.0.0.1
-m conntrack --ctorigsrc 10.0.0.0/0x8              => -m conntrack --ctorigsrc 10.0.0.0/8
# a mask that is no prefix becomes all ones
-m conntrack --ctorigsrc 10.1.1.1/255.0.255.0      => -m conntrack --ctorigsrc 10.1.1.1 ?? mask-ignored
-m conntrack --ctorigsrc 10.1.1.1/255.255.0.0      => -m conntrack --ctorigsrc 10.1.1.1/16
-m conntrack --ctorigsrc 10.1.1.1/33               => -m conntrack --ctorigsrc 10.1.1.1 ?? mask-ignored

-m conntrack --ctorigsrc 10.1.1.1/                 !! bad-mask @ 35
-m conntrack --ctorigsrc 2001:db8::1               !! bad-address @ 26

family 6
-m conntrack --ctorigsrc 2001:db8::1               => same
-m conntrack ! --ctrepldst 2001:db8:0::/32         => -m conntrack ! --ctrepldst 2001:db8::/32
-m conntrack --ctreplsrc 2001:db8::1/ffff::        => -m conntrack --ctreplsrc 2001:db8::1/16
-m conntrack --ctorigdst ::/0                      => same

-m conntrack --ctorigsrc 192.0.2.1                 !! bad-address @ 26
