chains INPUT FORWARD OUTPUT

-j AUDIT --type accept                             => same
-j AUDIT --type DROP                               => -j AUDIT --type drop
-j AUDIT --type reject                             => same

-j AUDIT                                           !! missing-option @ 4
-j AUDIT --type                                    !! missing-argument @ 10
-j AUDIT --type deny                               !! unknown-audit-type @ 17
-j AUDIT --type drop --type drop                   !! duplicate-option @ 22
