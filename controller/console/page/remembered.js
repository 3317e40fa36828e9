// What this browser keeps of the reader's choices. Where it may not (private windows), choices last as long as the page.

export function recall(key, place = localStorage) {
  try { return place.getItem(`callctl.${key}`); } catch { return null; }
}

export function remember(key, value, place = localStorage) {
  try { place.setItem(`callctl.${key}`, value); } catch { /* private window */ }
}
