// Names of users and groups that every Debian system has, with their numbers. Others differ from machine to machine.

/** Ref: Debian base-passwd, passwd.master */
const USERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    root: 0,
    daemon: 1,
    bin: 2,
    sys: 3,
    sync: 4,
    games: 5,
    man: 6,
    lp: 7,
    mail: 8,
    news: 9,
    uucp: 10,
    proxy: 13,
    'www-data': 33,
    backup: 34,
    list: 38,
    irc: 39,
    _apt: 42,
    nobody: 65534,
  }),
);

/** Ref: Debian base-passwd, group.master */
const GROUPS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    root: 0,
    daemon: 1,
    bin: 2,
    sys: 3,
    adm: 4,
    tty: 5,
    disk: 6,
    lp: 7,
    mail: 8,
    news: 9,
    uucp: 10,
    man: 12,
    proxy: 13,
    kmem: 15,
    dialout: 20,
    fax: 21,
    voice: 22,
    cdrom: 24,
    floppy: 25,
    tape: 26,
    sudo: 27,
    audio: 29,
    dip: 30,
    'www-data': 33,
    backup: 34,
    operator: 37,
    list: 38,
    irc: 39,
    src: 40,
    shadow: 42,
    utmp: 43,
    video: 44,
    sasl: 45,
    plugdev: 46,
    staff: 50,
    games: 60,
    users: 100,
    nogroup: 65534,
  }),
);

/** The number of a user. */
export function userNumber(name: string): number | undefined {
  return USERS.get(name);
}

/** The number of a group. */
export function groupNumber(name: string): number | undefined {
  return GROUPS.get(name);
}

/** The name of a user. */
export function userName(number: number): string | undefined {
  return nameOf(USERS, number);
}

/** The name of a group. */
export function groupName(number: number): string | undefined {
  return nameOf(GROUPS, number);
}

function nameOf(accounts: ReadonlyMap<string, number>, number: number): string | undefined {
  return [...accounts].find(([, id]) => id === number)?.[0];
}
