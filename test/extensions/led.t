chains INPUT FORWARD OUTPUT
offline

-j LED --led-trigger-id "ssh"                      => same
-j LED --led-trigger-id ssh                        => -j LED --led-trigger-id "ssh"
-j LED --led-trigger-id "a\"b c"                   => same
-j LED --led-trigger-id "ssh" --led-delay 1000 --led-always-blink => same
-j LED --led-trigger-id "ssh" --led-delay 0        => -j LED --led-trigger-id "ssh"
-j LED --led-always-blink --led-trigger-id "ssh" --led-delay Infinite => -j LED --led-trigger-id "ssh" --led-delay -1 --led-always-blink ?? unreadable-print

-j LED                                             !! missing-option @ 4
-j LED --led-trigger-id abcdefghijklmnopq          !! text-too-long @ 25
-j LED --led-trigger-id a --led-delay long         !! bad-number @ 39
