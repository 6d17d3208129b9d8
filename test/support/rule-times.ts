// Times in the rules of a scenario, told from when it is run, so that what was recorded once holds at any time:
//
//   {clock+60}      the time of day in a minute, HH:MM:SS        {date-3600}    the date an hour ago, as -m time takes it
//   {weekday-1}     yesterday's name                             {monthday+0}   today's day of the month

const DAY = 86400;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Seconds since 1970 at which scenarios are run that nobody's clock belongs to. */
export const SCENARIO_SECONDS = 1_700_000_000;

/** Fills in the times of a ruleset that is used at `seconds` since 1970. */
export function fillTimes<Text extends string | undefined>(text: Text, seconds: number): Text {
  return text?.replaceAll(/\{(clock|date|weekday|monthday)([+-]\d+)\}/g, (_, kind: string, distance: string) => {
    const isDay = kind === 'weekday' || kind === 'monthday';
    const then = new Date((seconds + Number(distance) * (isDay ? DAY : 1)) * 1000);
    if (kind === 'weekday') return WEEKDAYS[then.getUTCDay()]!;
    if (kind === 'monthday') return String(then.getUTCDate());
    return then.toISOString().slice(kind === 'clock' ? 11 : 0, 19);
  }) as Text;
}
