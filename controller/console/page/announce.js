// What a screen reader is told of its own accord: little. One polite region, one for alarm; the talk and the log are not live regions.

const EACH_MS = 5000;
const EMPTY_FIRST_MS = 60; // a region that gets the same words again says nothing, so it is emptied first

const region = id => document.getElementById(id);

function put(id, words) {
  const place = region(id);
  place.textContent = '';
  setTimeout(() => { place.textContent = words; }, EMPTY_FIRST_MS);
}

export const sayPolitely = words => put('say-polite', words);
export const sayNow = words => put('say-now', words);

let last = -EACH_MS, waiting = null;

/** A call that entered alarm: at most one each 5 s, of several the newest. */
export function sayAlarm(words) {
  const now = performance.now();
  clearTimeout(waiting);
  if (now - last >= EACH_MS) { last = now; sayPolitely(words); return; }
  waiting = setTimeout(() => { last = performance.now(); sayPolitely(words); }, EACH_MS - (now - last));
}
