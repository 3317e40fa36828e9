// Times and numbers as people read them. Durations in ms, moments in ms since 1970, all in the reader's own time zone.

import { language } from './i18n.js';

const two = n => String(n).padStart(2, '0');
const whole = ms => Math.max(0, Math.floor(ms / 1000));

/** 1:24, 12:05, 1:02:03 */
export function duration(ms) {
  const s = whole(ms), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** Since the call's begin: 01:17 */
export function stamp(ms) {
  const s = whole(ms);
  return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

/** Since the call's begin, for the log: 01:17.080 */
export const fineStamp = ms => `${stamp(ms)}.${String(Math.max(0, Math.floor(ms)) % 1000).padStart(3, '0')}`;

export function clock(ts) {
  const d = new Date(ts);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

export function hours(ts) {
  const d = new Date(ts);
  return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

export const day = ts => new Intl.DateTimeFormat(language() === 'uk' ? 'uk-UA' : 'en-GB', { weekday: 'long', day: 'numeric', month: 'long' }).format(ts);
export const date = ts => new Intl.DateTimeFormat(language() === 'uk' ? 'uk-UA' : 'en-GB', { dateStyle: 'short' }).format(ts);
export const startOfDay = ts => new Date(ts).setHours(0, 0, 0, 0);

/** +380672143890 as +380 67 214 38 90, masked ones too; whatever else it is stays as it is. */
export function telephone(number) {
  const found = /^(\+380)([\d•*]{2})([\d•*]{3})([\d•*]{2})([\d•*]{2})$/.exec(number ?? '');
  return found ? found.slice(1).join(' ') : number ?? '';
}

/** A character is what a person would count, as the server does: not half of a pair. */
export const characters = text => [...(text ?? '')];
