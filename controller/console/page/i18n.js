// Words in two languages. "{n}" inserts, "{n#one|few|many}" chooses the plural's form (English: one|other).

import uk from './strings/uk.js';
import en from './strings/en.js';

export const LANGUAGES = { uk, en };
const LOCALES = { uk: 'uk-UA', en: 'en-GB' };
const FORMS = { uk: { one: 0, few: 1, many: 2, other: 2 }, en: { one: 0, other: 1 } };

let lang = 'uk';
export const language = () => lang;
export function setLanguage(to) { if (to in LANGUAGES) lang = to; }

export const num = (value, digits) =>
  new Intl.NumberFormat(LOCALES[lang], { useGrouping: 'always', minimumFractionDigits: digits, maximumFractionDigits: digits ?? 1 }).format(value);

export const has = key => key in LANGUAGES[lang];

/** The words for *key*; a key that is not there is shown as it is, so that nothing is silently empty. */
export function t(key, args = {}) {
  return fill(LANGUAGES[lang][key] ?? key, args);
}

/** The words for the first of *keys* that is known; null if none is. */
export function tFirst(keys, args = {}) {
  const key = keys.find(has);
  return key === undefined ? null : t(key, args);
}

function fill(text, args) {
  return text
    .replace(/\{(\w+)#([^}]*)\}/g, (_, name, forms) => plural(forms.split('|'), Number(args[name])))
    .replace(/\{(\w+)\}/g, (_, name) => (typeof args[name] === 'number' ? num(args[name]) : args[name] ?? ''));
}

function plural(forms, count) {
  const kind = new Intl.PluralRules(lang).select(Number.isFinite(count) ? count : 0);
  return forms[FORMS[lang][kind] ?? forms.length - 1] ?? forms.at(-1);
}
