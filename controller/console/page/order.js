// In what order the calls stand. Pure.
//
//   alarm, then warn    each by when its trouble began, the oldest first
//   the rest            by when the call began
//
// A row enters a group at once: trouble must be seen. The server keeps a trouble for some seconds after it is over; and nothing leaves a group
// or the list while the reader's pointer or focus is in it: what one is about to press does not slip away.

const RANK = { alarm: 0, warn: 1, calm: 2 };

/**
 * calls      those on the board
 * before     what the last call returned, or null
 * held       the pointer or the focus is in the list
 * Gives {rows: [{call, level, trouble}], places}: *trouble* is the present one, or the past one of a row that is held.
 */
export function arrange(calls, before, held) {
  const places = new Map();
  for (const call of calls) {
    const trouble = call.trouble ?? null;
    const level = trouble?.level ?? 'calm';
    const was = held ? before?.places.get(call.id) : null;
    places.set(call.id, was && RANK[was.level] < RANK[level] ? { ...was, call } : { level, trouble, call });
  }
  // A call that is over and gone from the board keeps its row as long as the reader's hand is there.
  if (held) for (const [id, was] of before?.places ?? []) if (!places.has(id)) places.set(id, { ...was, call: { ...was.call, state: 'ended' } });
  const rows = [...places.values()].sort((a, b) => RANK[a.level] - RANK[b.level] || began(a) - began(b) || (a.call.id < b.call.id ? -1 : 1));
  return { rows, places };
}

const began = row => (row.trouble ? row.trouble.since : row.call.started);

/** Where one comes from row *id* by *step*; without a row there, the first. */
export function neighbour(ids, id, step) {
  if (!ids.length) return null;
  const at = ids.indexOf(id);
  return ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + step))];
}
