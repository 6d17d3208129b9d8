chains INPUT FORWARD
-m mac --mac-source 00:16:3E:5a:01:ff              => -m mac --mac-source 00:16:3e:5a:01:ff
-m mac ! --mac-source 2:0:0:0:0:1                  => -m mac ! --mac-source 02:00:00:00:00:01
-m mac --mac-source :::::9                         => -m mac --mac-source 00:00:00:00:00:09

-m mac                                             !! missing-option @ 4
-m mac --mac-source 00:16:3e:5a:01                 !! bad-mac @ 21
-m mac --mac-source 00:16:3e:5a:01:ff:02           !! bad-mac @ 21
-m mac --mac-source 00:16:3e:5a:01:0ff             !! bad-mac @ 21
-m mac --mac-source 00-16-3e-5a-01-ff              !! bad-mac @ 21
-m mac --mac-source 00:16:3e:5a:01:fg              !! bad-mac @ 21

chains OUTPUT
-m mac --mac-source 00:16:3e:5a:01:ff              !! wrong-hook @ 4
table mangle
chains PREROUTING
-m mac --mac-source 00:16:3e:5a:01:ff              => same
chains POSTROUTING
-m mac --mac-source 00:16:3e:5a:01:ff              !! wrong-hook @ 4
