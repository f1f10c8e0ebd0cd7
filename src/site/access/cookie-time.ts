const twoDigitYears = 2037;

/** A time as nginx writes it in cookies: `Fri, 31-Dec-99 23:59:59 GMT`; years after 2037 have four digits. `time`: since 1970, in milliseconds. */
export function cookieTime(time: number): string {
  const date = new Date(time);
  const [weekday = '', day = '', month = '', , clock = ''] = date.toUTCString().split(' ');
  const year = date.getUTCFullYear();
  const shortYear = year > twoDigitYears ? String(year) : String(year % 100).padStart(2, '0');
  return `${weekday} ${day}-${month}-${shortYear} ${clock} GMT`;
}
