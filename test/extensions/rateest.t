chains INPUT FORWARD OUTPUT
family 4
setup iptables-legacy -t raw -A OUTPUT -j RATEEST --rateest-name up --rateest-interval 250ms --rateest-ewmalog 500ms
setup iptables-legacy -t raw -A OUTPUT -j RATEEST --rateest-name down --rateest-interval 250ms --rateest-ewmalog 500ms

-m rateest --rateest up --rateest-lt --rateest-bps 8bit => same
-m rateest --rateest1 up ! --rateest-gt --rateest-pps 100 => -m rateest --rateest up ! --rateest-gt --rateest-pps 100
-m rateest --rateest up --rateest-eq --rateest-bps 2mbit => -m rateest --rateest up --rateest-eq --rateest-bps 2000Kbit
-m rateest --rateest up --rateest-eq --rateest-bps 1KiBps --rateest-pps 3 => -m rateest --rateest up --rateest-eq --rateest-bps 8192bit --rateest-eq --rateest-pps 3 ?? unreadable-print
-m rateest --rateest up --rateest-eq --rateest-bps 2.5Gbit => -m rateest --rateest up --rateest-eq --rateest-bps 2500Mbit
-m rateest --rateest up --rateest-eq --rateest-bps 1000500000 => -m rateest --rateest up --rateest-eq --rateest-bps 1000Mbit
-m rateest --rateest up --rateest-eq --rateest-bps 1e3bit => -m rateest --rateest up --rateest-eq --rateest-bps 1000bit
-m rateest --rateest up --rateest-eq --rateest-bps 9bit => -m rateest --rateest up --rateest-eq --rateest-bps 8bit ?? rate-rounded
-m rateest --rateest1 up --rateest-lt --rateest-bps --rateest2 down => same
-m rateest --rateest2 down --rateest1 up --rateest-gt --rateest-pps --rateest-bps => -m rateest --rateest1 up --rateest-gt --rateest-bps --rateest-gt --rateest-pps --rateest2 down ?? unreadable-print
-m rateest --rateest-delta --rateest1 up --rateest-bps1 8bit --rateest-lt --rateest-bps2 16bit --rateest2 down => same
-m rateest --rateest-delta --rateest up --rateest-pps1 8 --rateest-gt --rateest-pps2 9 => same

-m rateest --rateest-lt --rateest-bps 8bit         !! missing-option @ 4
-m rateest --rateest up --rateest-bps 8bit         !! missing-option @ 4
-m rateest --rateest up --rateest-lt               !! missing-option @ 4
-m rateest --rateest up --rateest-lt --rateest-bps fast !! bad-rate @ 52
-m rateest --rateest up --rateest-lt --rateest-bps 8bits !! bad-rate @ 52
-m rateest --rateest up --rateest-lt --rateest-pps 8k !! bad-number @ 52
-m rateest --rateest up --rateest1 down            !! duplicate-option @ 25
-m rateest --rateest up ! --rateest-delta --rateest-lt --rateest-bps 8bit !! not-invertible @ 27
