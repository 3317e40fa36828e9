// What a reply's time means against its budget. Pure. All in ms.

export const BUDGET = 2000;
export const LIMIT = 2500;
export const STAGES = { stt: 500, llm: 1000, tts: 400, wire: 100 };

export const total = lat => Object.keys(STAGES).reduce((sum, stage) => sum + (lat[stage] ?? 0), 0);

/** '', over or bad. */
export const level = ms => (ms > LIMIT ? 'bad' : ms > BUDGET ? 'over' : '');

/** The one stage to look at: only of a reply that is over its budget, the one that is most over its own. */
export function atFault(lat) {
  if (total(lat) <= BUDGET) return null;
  const excess = Object.entries(STAGES).map(([stage, budget]) => [stage, (lat[stage] ?? 0) - budget]);
  const [stage, most] = excess.reduce((a, b) => (b[1] > a[1] ? b : a));
  return most > 0 ? stage : null;
}

/** Nearest rank, as the server's p95; null of nothing. */
export function percentile(values, share) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
