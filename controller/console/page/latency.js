// What a reply's time means against its budget. Pure. All in ms.
//
//   caller falls silent ─ hold ─► his turn is over ─ stt ─► words ─ llm ─► first words ─ tts ─► first sound ─ wire ─► heard
//
// *hold* is how long one waits for him to go on; it has no budget of its own, for it is his pause, but it is a part of what he waits.

export const BUDGET = 2000;
export const LIMIT = 2500;
export const BUDGETS = { stt: 500, llm: 1000, tts: 400, wire: 100 };
export const STAGES = ['hold', ...Object.keys(BUDGETS)];

export const total = lat => lat.total ?? STAGES.reduce((sum, stage) => sum + (lat[stage] ?? 0), 0);

/** '', over or bad. */
export const level = ms => (ms > LIMIT ? 'bad' : ms > BUDGET ? 'over' : '');

/** The one stage to look at: only of a reply that is over its budget, the one that is most over its own. */
export function atFault(lat) {
  if (total(lat) <= BUDGET) return null;
  const excess = Object.entries(BUDGETS).map(([stage, budget]) => [stage, (lat[stage] ?? 0) - budget]);
  const [stage, most] = excess.reduce((a, b) => (b[1] > a[1] ? b : a));
  return most > 0 ? stage : null;
}

/** Nearest rank, as the server's p95; null of nothing. */
export function percentile(values, share) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
